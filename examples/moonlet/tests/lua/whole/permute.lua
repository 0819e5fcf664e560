-- All permutations by recursion in a loop.
local N = 2
local P = {}
P.__index = P
function P:swap(i, j)
  local t = self.v[i]
  self.v[i] = self.v[j]
  self.v[j] = t
end
function P:permute(n)
  self.count = self.count + 1
  if n ~= 0 then
    local n1 = n - 1
    self:permute(n1)
    for i = n1, 0, -1 do
      self:swap(n1, i)
      self:permute(n1)
      self:swap(n1, i)
    end
  end
end
local c
for i = 1, N do
  local p = setmetatable({ count = 0, v = { [0] = 0, 1, 2, 3, 4, 5 } }, P)
  p:permute(6)
  c = p.count
end
print(c)
