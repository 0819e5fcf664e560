-- a chain of protected calls reaches beyond the slots that operands name
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s, ...
end
local list = {}
for i = 1, 150 do list[i] = pcall end
list[151] = sum
for i = 152, 400 do list[i] = i end
local a1, a2, a3, a4, a5, a6, a7, a8, a9 = 1, 2, 3, 4, 5, 6, 7, 8, 9
for round = 1, 30 do
  local r = table.pack(pcall(table.unpack(list)))
  if round % 10 == 0 then print(r.n, r[150], r[151], r[152], r[r.n], a1 + a9) end
  list[200] = round == 20 and {} or round
end
