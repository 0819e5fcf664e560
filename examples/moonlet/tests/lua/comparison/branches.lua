-- Comparisons as values and as conditions, negated and not.
local a, b, c = 0, 0, 0
for i = 1, 300 do
  local smaller = i < 100
  local between = i >= 100 and i <= 200
  if smaller then a = a + 1 end
  if between then b = b + 1 end
  if not smaller and not between then c = c + 1 end
  if not (i < 50) then a = a + 2 end
  if not (i > 50) then b = b + 2 end
  if not (i <= 250) then c = c + 2 end
  if not (i >= 250) then c = c + 4 end
  if not (i == 77) then c = c + 8 end
  if i ~= 78 then c = c + 16 end
end
print(a, b, c)
local x = 1.5
local n = 0
while x < 100 do x = x * 1.01 + 0.001; n = n + 1 end
print(n, x > 100, x >= 100.5)
