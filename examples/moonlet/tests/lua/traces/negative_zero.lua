-- The sign of zero survives optimisation.
local z, nz = 0.0, -0.0
local plus, minus = 0, 0
for i = 1, 400 do
  local x = i % 2 == 0 and z or nz
  local y = x * 1
  local w = x + 0
  local v = -x
  if 1 / y > 0 then plus = plus + 1 else minus = minus + 1 end
  if 1 / (w + 0.0) < 0 then minus = minus + 1000 end
  if 1 / v > 0 then plus = plus + 100000 end
  if x ~= 0 then print("zero is zero") end
end
print(plus, minus)
local acc = -0.0
for i = 1, 200 do acc = acc * 1.0 end
print(acc, acc + 0, acc - 0.0, 0 - acc, -acc, acc * -1, math.abs(acc))
for i = 1, 300 do acc = i % 3 == 0 and acc % 5 or acc // 5 end
print(acc == 0, -0.0 % 5, 0.0 // -5)
