-- A loop body with many instructions, live values and branches.
local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5.5, 6.5, 7.5, 8.5
for i = 1, 400 do
  a = (a * 31 + b) % 1009
  b = (b * 17 + c) % 997
  c = c ~ a
  d = d + (c & 7) - 3
  e = e * 0.99 + f * 0.01
  f = f + (a - b) / 1000
  g = g - e / 100
  h = h * 0.5 + g
  if a > b then c = c + 1 else d = d - 1 end
  if e > f then g = g + 0.5 elseif g > h then h = h + 0.25 end
  if i % 50 == 0 then a, b, c = c % 1009, a, b end
  if d < -100 then d = 0 end
  a = a + i // 3 % 5
  b = b + (d > 0 and d % 3 or -d % 3)
end
print(a, b, c, d)
print(string.format("%.9g %.9g %.9g %.9g", e, f, g, h))
