-- Operators with constant operands on either side.
local a, b, c, d, e, f = 0, 0, 0, 0, 0, 0
for i = 1, 250 do
  a = a + (i + 5) - (5 + i)
  b = b + (i - 7) + (7 - i) * 2
  c = c + i * 3 - 3 * i + i * 2
  d = d + i / 4 + 4 / i
  e = e + i % 6 + 1000 % i
  f = f + i // 6 + 1000 // i
end
print(a, b, c, string.format("%.10f", d), e, f)
local g, h = 0.5, 0
for i = 1, 250 do
  g = g * 1.5 % 10 + 0.125
  h = h + 2.5 - 1
end
print(g, h)
print(3 - -3, 3 + -3, 3 * -1, 3 // -1, 3 % -2)
