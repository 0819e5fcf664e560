-- Integer overflow wraps around.
local max, min = math.maxinteger, math.mininteger
print(max + 1 == min, min - 1 == max, max * 2, min * 2, -min == min)
print(min // -1, min % -1, max * max, min * min, min * max)
local x = 1
local seen = 0
for i = 1, 200 do
  x = x * 3 + 1
  if x < 0 then seen = seen + 1 end
end
print(x, seen)
local y = max - 100
for i = 1, 200 do y = y + 1 end
print(y)
local z = min + 100
for i = 1, 200 do z = z - 1 end
print(z)
local fact = 1
for i = 1, 25 do fact = fact * i end
print(fact)
