-- Conditions mixed from operators, negated as a whole.
local count = {0, 0, 0, 0, 0, 0}
for i = 1, 360 do
  local a, b, c = i % 2 == 0, i % 3 == 0, i % 5 == 0
  if a and b or c then count[1] = count[1] + 1 end
  if a and (b or c) then count[2] = count[2] + 1 end
  if not (a and b) and c then count[3] = count[3] + 1 end
  if not (a or b or c) then count[4] = count[4] + 1 end
  if (a or b) and (b or c) and (a or c) then count[5] = count[5] + 1 end
  if a == b and b ~= c then count[6] = count[6] + 1 end
end
print(table.concat(count, " "))
local n = 0
local i = 0
while not (i >= 200) and (i < 100 or i % 2 == 0 or i > 100) do
  i = i + 1
  n = n + (i > 50 and i < 150 and 1 or 0)
end
print(i, n)
local v
for j = 1, 200 do
  v = (j % 2 == 0) or nil
  if v then n = n + 1 elseif v == nil then n = n + 2 else n = n + 1000 end
  local w = not v and not nil
  if w == true then n = n + 3 end
end
print(n)
