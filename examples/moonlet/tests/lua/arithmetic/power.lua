-- The power operator always makes floats.
print(2 ^ 10, 2 ^ 0.5, 2 ^ -1, 0 ^ 0, (-2) ^ 3, (-8) ^ (1 / 3) ~= (-8) ^ (1 / 3))
print(-2 ^ 2, 2 ^ 3 ^ 2, 2 ^ -1 ^ 2)
print(10 ^ 2, 10 ^ 15, 10 ^ 16, 10 ^ 100)
local s = 0
for i = 1, 200 do s = s + i ^ 2 end
print(s)
local t = 0
for i = 1, 200 do t = t + 2 ^ -i end
print(t)
for i = 1, 120 do t = t + (i % 5) ^ 3 end
print(string.format("%.3f", t))
