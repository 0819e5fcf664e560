-- Functions of the math library in hot loops, with arguments that change type.
local floor, abs, max, min, sqrt = math.floor, math.abs, math.max, math.min, math.sqrt
local s = 0
for i = 1, 400 do
  local x = i % 3 == 0 and i or i / 2
  s = s + floor(x) + abs(-x) + max(x, 10) + min(x, 10.5)
end
print(s)
local t = 0
for i = 1, 300 do
  t = t + max(i, 1, 2) + min(1, i, 3, 4)
  t = t + floor(sqrt(i * i))
end
print(t)
local n = 0
for i = 1, 300 do
  local v = floor(i % 100 == 0 and 1e300 or i + 0.5)
  if v == 1e300 then n = n + 1000 else n = n + v end
end
print(n)
print(abs(math.mininteger), max(0.0, -0.0), min(-0.0, 0.0), max(1, 1.0), min(2.0, 2))
local nan = 0 / 0
print(max(nan, 1) ~= max(nan, 1), max(1, nan), min(1, nan), min(nan, 1) ~= min(nan, 1))
for i = 1, 200 do n = n + floor("3.7") + abs("-2") end
print(n)
