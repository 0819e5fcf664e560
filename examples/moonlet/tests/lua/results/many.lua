-- Functions with many results.
local function five(n) return n, n + 1, n + 2, n + 3, n + 4 end
local s = 0
for i = 1, 200 do
  local a, b, c, d, e = five(i)
  s = s + a * e - b * d + c
end
print(s)
print(five(1))
local function hundred()
  local t = {}
  for i = 1, 100 do t[i] = i end
  return table.unpack(t)
end
print(select("#", hundred()), select(100, hundred()))
local total = 0
for i = 1, 100 do
  local t = {hundred()}
  total = total + #t + select("#", 0, hundred())
end
print(total)
local function divmod(a, b) return a // b, a % b end
s = 0
for i = 1, 300 do
  local q, r = divmod(i * 17, i % 9 + 1)
  s = s + q - r
end
print(s)
