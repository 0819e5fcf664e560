-- How values are written.
print(1, -1, 0, 1.0, -1.5, 100.0, 1e15, 1e16, 1e100, 123456789012345.0, 1e14)
print(0.1, 1 / 3, 2 / 3, 1e-5, 1.5e-10, 123.456, 1e15 + 0.5, 3.14159265358979)
print(math.huge, -math.huge, math.pi, -math.pi, 2^53, 2^63, -2^63)
print(math.maxinteger, math.mininteger, 9007199254740993, 2^24)
print(tostring(nil), tostring(true), tostring(false), tostring("x"), tostring(12), tostring(1.50))
print(nil, true, false)
local total = 0
for i = 1, 300 do
  total = total + #tostring(i) + #tostring(i / 2) + #tostring(i / 3)
end
print(total)
print(1e300 * 1e10, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308)
print(100000000000000, 1e14 + 1, 12345678901234567890)
