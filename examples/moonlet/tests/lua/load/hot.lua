-- Loaded code that gets hot, links with traces of the outer program, and is loaded in hot loops.
local sum = 0
for i = 1, 300 do
  sum = sum + load("return 7")()
end
print(sum)
local add = load("local a, b = ... return a + b")
sum = 0
for i = 1, 500 do sum = add(sum, i) end
print(sum)
local loop = load("local n = ... local s = 0 for i = 1, n do s = s + i % 7 end return s")
for i = 1, 5 do print(loop(200 * i)) end
-- Each one another text.
sum = 0
for i = 1, 200 do
  local f = load("local x = ... for k = 1, 3 do x = x + " .. i .. " end return x")
  sum = f(sum)
end
print(sum)
-- The outer program called from loaded code, and the other way round.
local function outer(f, n)
  if n == 0 then return 0 end
  return 1 + f(f, n - 1)
end
local inner = load("local outer = ... return function(f, n) return outer(f, n) end")(outer)
local total = 0
for i = 1, 60 do total = total + outer(inner, i % 10) end
print(total)
-- A loaded function wants more results than any call of the program so far.
local function many(n) return n, n + 1 end
local wants = load("local f, n = ... local a, b, c, d, e, g, h, i, j, k, l = f(n) return a, b, c, l")
for i = 1, 100 do many(i) end
local t
for i = 1, 100 do t = {wants(many, i)} end
print(t[1], t[2], t[3], t[4])
-- Metamethods and protected calls in loaded code.
local class = load([[
  local class = {}
  class.__index = function(_, key) return key * 2 end
  return setmetatable({}, class)
]])()
sum = 0
for i = 1, 300 do sum = sum + class[i] end
print(sum)
local guarded = load([[
  local n = ...
  local good, bad = 0, 0
  for i = 1, n do
    local ok, value = pcall(function(x) if x % 5 == 0 then error("five", 0) end return x end, i)
    if ok then good = good + value else bad = bad + 1 end
  end
  return good, bad
]])
print(guarded(200))
print(pcall(pcall, pcall, load("error('x', 0)")))
for i = 1, 40 do
  local a, b, c, d = pcall(pcall, pcall, load("return ...", "=v"), i)
  if i == 40 then print(a, b, c, d) end
end
