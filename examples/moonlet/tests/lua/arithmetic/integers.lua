-- Integer operators, in a loop long enough to be compiled.
local sum, product, mixed = 0, 1, 0
for i = 1, 300 do
  sum = sum + i * 2 - 1
  product = (product * i) % 1000007
  mixed = mixed + i // 3 - i % 7
end
print(sum, product, mixed)
print(7 // 2, -7 // 2, 7 // -2, -7 // -2)
print(7 % 3, -7 % 3, 7 % -3, -7 % -3)
print(2 + 3 * 4 - 5, (2 + 3) * (4 - 5), -2 - -3, - - 4)
print(1 - 1, 0 * -5, 10 // 1, 10 % 1)
