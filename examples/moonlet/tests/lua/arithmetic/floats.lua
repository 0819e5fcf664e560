-- Float operators and their edges.
local sum = 0.0
for i = 1, 300 do
  sum = sum + i / 7 - i * 0.25
end
print(sum)
print(7.5 // 2, -7.5 // 2, 7.5 // -2, -7.5 // -2)
print(7.5 % 2, -7.5 % 2, 7.5 % -2, -7.5 % -2)
print(5.3 % math.huge, -5.3 % math.huge, 5.3 % -math.huge, -5.3 % -math.huge)
print(1 / 0, -1 / 0, 1 // 0.0, -1 // 0.0)
print(0.0, -0.0, 0.0 == -0.0, 1 / 0.0, 1 / -0.0)
local nan = 0 / 0
print(nan == nan, nan ~= nan, nan < nan, nan <= nan, nan > 1)
print(1e308 * 10, -1e308 * 10, 2 ^ 1024, 2 ^ -1080)
print(5 % math.huge, -5 // math.huge)
