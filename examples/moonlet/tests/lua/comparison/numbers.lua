-- Integers and floats compare by value.
print(1 < 2, 2 < 1, 1 <= 1, 1 >= 2, 2 > 1, 1 == 1.0, 1 ~= 1.5)
print(1 < 1.5, 1.5 < 2, -1 < -0.5, 0 == -0.0, 1e15 == 10^15)
local max, min = math.maxinteger, math.mininteger
print(max < max + 0.0, max <= max + 0.0, max == max + 0.0, min == min + 0.0)
print(max < math.huge, min > -math.huge, max > 1e18, 2^63 > max, -(2^63) == min)
local nan = 0 / 0
print(1 < nan, 1 > nan, nan <= max, max >= nan)
local less, equal, more = 0, 0, 0
for i = 1, 300 do
  local x, y = i % 10, i % 7
  if x < y then less = less + 1 elseif x == y then equal = equal + 1 else more = more + 1 end
end
print(less, equal, more)
less, equal, more = 0, 0, 0
for i = 1, 300 do
  local x, y = i % 10 / 2, i % 4
  if x < y then less = less + 1 elseif x == y then equal = equal + 1 end
  if x >= y then more = more + 1 end
end
print(less, equal, more)
