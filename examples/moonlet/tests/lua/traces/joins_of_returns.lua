-- dispatch loops, nested functions with early returns, varied types at joins, globals, upvalues, method calls, varargs
local ops = {}
for i = 1, 64 do ops[i] = (i * 7) % 9 end
local function step(op, x, y)
  if op == 0 then return x + 1, y
  elseif op == 1 then return x - 1, y + 0.5
  elseif op == 2 then if x > 10 then return y, x end return x, y
  elseif op == 3 then return x, -y
  elseif op == 4 then return x * 1, y
  elseif op == 5 then return x // 1, y
  elseif op == 6 then return (x % 7), (y * 1.0)
  elseif op == 7 then return x, y - x end
  return y // 1 | 0, x
end
local function run(n)
  local x, y = 3, 4
  for i = 1, n do
    for j = 1, #ops do
      local ok, a, b = pcall(step, ops[j], x, y)
      if ok then x, y = a, b else x, y = i % 5, j end
      if x ~= x or x > 1e6 or x < -1e6 then x = 1 end
      if y ~= y or y > 1e6 or y < -1e6 then y = 1 end
    end
    if i % 3 == 0 then ops[i % 64 + 1] = (i * 5) % 9 end
  end
  return x, y
end
print(run(40))
local Point = {} Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:len() if self.x < 0 then return -self.x elseif self.y > self.x then return self.y end return self.x end
local P3 = setmetatable({}, {__index = Point}) P3.__index = P3
local s = 0
for i = 1, 1200 do
  local p
  if i % 3 == 0 then p = Point.new(i, i % 7) elseif i % 3 == 1 then p = setmetatable({x = -i, y = 2, z = 3}, P3) else p = Point.new(i * 0.5, i) end
  s = s + p:len()
  local q = p
  if i % 2 == 0 then q = Point.new(p.y, p.x) end
  if q == p then s = s + 1 else s = s - q:len() end
end
print(s)
local function va(...) local n = select("#", ...) if n == 0 then return 0 elseif n == 1 then return (...) end local a, b = ... return a + b end
local t = 0
for i = 1, 1500 do
  if i % 3 == 0 then t = t + va() elseif i % 3 == 1 then t = t + va(i) else t = t + va(i, 0.5) end
  local str = i % 2 == 0 and "a" or i
  if type(str) == "string" then t = t + #str else t = t - str end
end
print(t)
