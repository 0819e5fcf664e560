-- Extra arguments are passed on, at the end and in the middle.
local function f(...) return ... end
print(f(f(1, 2), f(3, 4)))
print((f(1, 2)), f(5, 6))
local function g(...) return f(0, ...) end
local function h(...) return g(...), "after" end
print(g(1, 2), h(1, 2))
local t = {f(1, 2, 3), f(4, 5)}
print(#t)
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
print(sum(), sum(1), sum(1, 2, 3, 4))
local n = 0
for i = 1, 200 do n = n + sum(i, f(1, 2, i)) end
print(n)
local function loop(...)
  local s = 0
  for _, v in ipairs({...}) do s = s + v end
  return s
end
for i = 1, 200 do n = n + loop(i, i + 1, i + 2) end
print(n)
print(string.format("%d %s %s", f(1, "x", true)))
print(math.max(f(3, 9, 4)), math.min(f()  or 1, f(7, 2)))
