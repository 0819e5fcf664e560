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

-- A small integer literal is added negated, so nothing taken from -0.0 makes 0.0.
local minus = -0.0
local function less(x) return x - 0, x - 0.0, x + 0, 0 - x, x - 1 end
for _ = 1, 5 do print(less(minus)) end
print(less(3), less(2.5))
print((pcall(less)))
