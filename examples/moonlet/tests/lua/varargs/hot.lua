-- Variadic functions in hot loops, with a number of arguments that changes.
local function add(...)
  local a, b, c = ...
  return (a or 0) + (b or 0) + (c or 0)
end
local s = 0
for i = 1, 400 do
  if i % 4 == 0 then s = s + add()
  elseif i % 4 == 1 then s = s + add(i)
  elseif i % 4 == 2 then s = s + add(i, i)
  else s = s + add(i, i, i, i) end
end
print(s)
local function last(...)
  local n = select("#", ...)
  return (select(n, ...))
end
s = 0
for i = 1, 300 do s = s + last(1, 2, i) - last(i) end
print(s)
local function collect(n, ...)
  if n == 0 then return ... end
  return collect(n - 1, n, ...)
end
s = 0
for i = 1, 200 do
  local a, b, c, d = collect(i % 5, "end")
  s = s + (type(a) == "number" and a or 100) + (d and 1 or 0)
end
print(s)
local function keep(...)
  local x, y = 1, 2
  local function inner() return x + y end
  x = select("#", ...)
  return inner() + (... or 0)
end
s = 0
for i = 1, 300 do s = s + keep(i, i) + keep() end
print(s)
