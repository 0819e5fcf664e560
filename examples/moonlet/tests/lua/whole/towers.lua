-- The towers of Hanoi: recursion, stacks linked through fields that are nil at times.
local N = 1
local Towers = {}
Towers.__index = Towers
function Towers:push(d, p)
  local top = self.piles[p]
  if top ~= nil and d.size >= top.size then
    error("big")
  end
  d.next = top
  self.piles[p] = d
end
function Towers:pop(p)
  local top = self.piles[p]
  if top == nil then
    error("empty")
  end
  self.piles[p] = top.next
  top.next = nil
  return top
end
function Towers:move(f, t)
  self:push(self:pop(f), t)
  self.moved = self.moved + 1
end
function Towers:build(p, n)
  for i = n, 0, -1 do
    self:push({ size = i }, p)
  end
end
function Towers:moveDisks(n, f, t)
  if n == 1 then
    self:move(f, t)
    return
  end
  local o = 6 - f - t
  self:moveDisks(n - 1, f, o)
  self:move(f, t)
  self:moveDisks(n - 1, o, t)
end
local m
for i = 1, N do
  local t = setmetatable({ piles = {}, moved = 0 }, Towers)
  t:build(1, 7)
  t:moveDisks(7, 1, 2)
  m = t.moved
end
print(m)
