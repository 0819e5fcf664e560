-- Floats with integer values take bit operators; others are errors.
print(1.0 & 3, 2.0 | 1, 6.0 ~ 3.0, ~2.0, 1.0 << 3, 16 >> 2.0)
local x = 0
for i = 1, 200 do
  x = x ~ (i * 1.0)
end
print(x)
print(pcall(function() return 1.5 & 1 end))
print(pcall(function() return 1 << 0.5 end))
print(pcall(function() return ~1e100 end))
print(pcall(function() return (0 / 0) | 1 end))
print(pcall(function() return math.huge ~ 1 end))
