-- Unary minus on integers, floats and numerals in strings.
local a, b = 0, 0.0
for i = 1, 200 do
  a = -a + i
  b = -b - 0.5
end
print(a, b)
print(-0, -0.0, - -0.0, -"2", -"0x10", -"1e1", -" 5 ")
print(-math.maxinteger, -math.mininteger)
print(-(-3), - - -3, not -3)
