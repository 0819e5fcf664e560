-- Parameters are locals: assigned, shadowed, captured.
local function f(a, b)
  a = a or 10
  b = b and b * 2 or a
  local a2 = a
  do local a = 100; b = b + a end
  return a, b, a2
end
print(f(), f(1), f(1, 2))
local function count(n, step)
  while n < 100 do n = n + step end
  return n
end
local s = 0
for i = 1, 200 do s = s + count(i, i % 7 + 1) end
print(s)
local function swap(a, b)
  a, b = b, a
  return a, b
end
local x, y = 1, 2
for i = 1, 301 do x, y = swap(x, y) end
print(x, y)
local function many(a, b, c, d, e, f, g, h, i, j, k, l) return a + b + c + d + e + f + g + h + i + j + k + l end
local m = 0
for i = 1, 200 do m = m + many(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) end
print(m)
