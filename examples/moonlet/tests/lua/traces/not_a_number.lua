-- NaN in comparisons, branches and loops while hot.
local nan = 0 / 0
local t, n = {1.5, nan, -1.5, 2, nan, math.huge}, 0
local less, not_less, equal = 0, 0, 0
for i = 1, 600 do
  local x = t[i % 6 + 1]
  if x < 1 then less = less + 1 end
  if not (x < 1) then not_less = not_less + 1 end
  if x == x then equal = equal + 1 end
  if x > 1 or x <= 1 then n = n + 1 end
end
print(less, not_less, equal, n)
local m = 0.0
for i = 1, 300 do
  m = i == 150 and nan or i > 200 and i % 3 ~= 1 and i / 2 or m + 1
  if m ~= m then n = n + 1 end
end
print(n, m == m)
for x = 1, nan do print("never") end
local count = 0
local y = 1.0
while not (y > 1e300 * 1e10) and count < 400 do
  y = y * 10
  count = count + 1
end
print(count, y, y - y ~= y - y)
