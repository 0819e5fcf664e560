-- The Takeuchi function on linked lists.
local N = 2
local E = {}
E.__index = E
local function make(n)
  if n == 0 then
    return nil
  end
  local e = setmetatable({ val = n }, E)
  e.next = make(n - 1)
  return e
end
function E:length()
  if self.next == nil then
    return 1
  end
  return 1 + self.next:length()
end
local function shorter(x, y)
  local a, b = x, y
  while b ~= nil do
    if a == nil then
      return true
    end
    a = a.next
    b = b.next
  end
  return false
end
local function tail(x, y, z)
  if shorter(y, x) then
    return tail(tail(x.next, y, z), tail(y.next, z, x), tail(z.next, x, y))
  end
  return z
end
local l
for i = 1, N do
  l = tail(make(15), make(10), make(6)):length()
end
print(l)
