-- Bit operators on integers.
print(5 & 3, 5 | 3, 5 ~ 3, ~5, ~0, -1 & 0xff, 1 << 4, 256 >> 4)
print(1 << 63, 1 << 64, 1 << 62, 1 >> 1, -1 >> 1, -1 >> 63, -1 >> 64, -1 << 63)
print(1 << -1, 2 >> -1, 8 << -2, 1 << -64, 1 >> 100, 3 << 0)
print(0xF0F0 & 0x0FF0, 0xF0F0 | 0x0F0F, 0xFFFF ~ 0x0FF0)
local hash = 5381
for i = 1, 300 do
  hash = ((hash << 5) + hash) ~ i
  hash = hash & 0xffffffff
end
print(hash)
local bits, n = 0, 0x5bd1e995
for i = 1, 300 do
  n = n ~ (n << 13)
  n = n ~ (n >> 7)
  n = n ~ (n << 17)
  if n & 1 == 1 then bits = bits + 1 end
end
print(n, bits)
local count = 0
local v = math.mininteger | 0xff
while v ~= 0 do
  count = count + (v & 1)
  v = v >> 1
end
print(count)
