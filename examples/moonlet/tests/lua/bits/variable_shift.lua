-- Shifts by amounts that vary, beyond both ends.
local left, right = 0, 0
for i = -80, 80 do
  left = left ~ (0x123456789abcdef << i)
  right = right ~ (-81985529216486896 >> i)
end
print(left, right)
local set = 0
for i = 0, 63 do set = set | (1 << i) end
print(set)
for i = 0, 63, 2 do set = set & ~(1 << i) end
print(string.format("%x", set))
local popcount = 0
for round = 1, 10 do
  for i = 0, 63 do
    popcount = popcount + ((set >> i) & 1)
  end
end
print(popcount)
local far = {0, 63, 64, -64, math.maxinteger, math.mininteger, math.mininteger + 1}
local l, r = 0, 0
for i = 1, 210 do
  local by = far[i % #far + 1]
  l = l + (-i << by)
  r = r + (-i >> by)
end
print(l, r)
