-- Integer arithmetic that overflows late in a hot loop.
local x = math.maxinteger - 500
local wrapped = 0
for i = 1, 1000 do
  x = x + 1
  if x < 0 then wrapped = wrapped + 1 end
end
print(x, wrapped)
local y = 3
for i = 1, 300 do y = y * 3 end
print(y)
local function mul(a, b) return a * b end
local s = 0
for i = 1, 300 do s = s ~ mul(i * 1000003, i * 998244353) end
print(s)
local m = math.mininteger
for i = 1, 300 do
  local q = (m + i) // -1
  s = s ~ q ~ ((m + i) % -7)
end
print(s, m // -1, -m)
local a, b = 1, 1
for i = 1, 200 do a, b = b, a + b end
print(a)
for i = 1, 64 do s = s + (1 << i) end
print(s)
