-- Integers meet floats: results are floats, but for comparison.
print(1 + 1.0, 2 * 3.0, 7 - 2.0, 7 // 2.0, 7 % 2.0, 10 / 2, 2 ^ 3)
print(3 | 0, 3.0 | 0, 2^53 | 0)
local sum = 0
for i = 1, 200 do
  if i % 2 == 0 then sum = sum + i else sum = sum + i * 0.5 end
end
print(sum)
local n = 0
for i = 1, 200 do n = n + i end
print(n)
n = n + 0.0
for i = 1, 200 do n = n - i end
print(n)
print(1 == 1.0, 3 < 3.5, 3.5 < 4, 2^53 == 2^53 + 1)
