-- Constraints between variables, planned and executed by methods of several classes.
local N = 3
local Var, Eq, Scale = {}, {}, {}
Var.__index, Eq.__index, Scale.__index = Var, Eq, Scale
local function var(v)
  return setmetatable({ v = v, cs = {}, mark = 0 }, Var)
end
local function eq(a, b)
  local c = setmetatable({ a = a, b = b, dir = 1 }, Eq)
  a.cs[#a.cs + 1] = c
  return c
end
local function scale(a, b, k, o)
  local c = setmetatable({ a = a, b = b, k = k, o = o }, Scale)
  a.cs[#a.cs + 1] = c
  return c
end
function Eq:out()
  return self.b
end
function Scale:out()
  return self.b
end
function Eq:exec()
  self.b.v = self.a.v
end
function Scale:exec()
  self.b.v = self.a.v * self.k + self.o
end
local function plan(v, m)
  local p, todo = {}, { v }
  while #todo > 0 do
    local x = todo[#todo]
    todo[#todo] = nil
    if x.mark ~= m then
      x.mark = m
      for _, c in ipairs(x.cs) do
        p[#p + 1] = c
        todo[#todo + 1] = c:out()
      end
    end
  end
  return p
end
local first = var(1)
local v = first
for i = 1, 100 do
  local n = var(0)
  if i % 3 == 0 then
    scale(v, n, 2, i)
    n.cs = {}
  else
    eq(v, n)
  end
  if i % 10 == 0 then
    eq(v, var(0))
  end
  v = n
end
local s = 0
for r = 1, N do
  local p = plan(first, r)
  first.v = r
  for k = 1, 5 do
    for _, c in ipairs(p) do
      c:exec()
    end
  end
  s = s + v.v % 1000
end
print(s)
