-- table.insert and table.remove at both ends and within.
local t = {}
for i = 1, 200 do table.insert(t, i) end
for i = 1, 50 do table.insert(t, 1, -i) end
for i = 1, 20 do table.insert(t, 100, i * 1000) end
print(#t, t[1], t[50], t[51], t[100], t[119], t[120], t[#t])
local sum = 0
for i = 1, 100 do sum = sum + table.remove(t) end
for i = 1, 60 do sum = sum + table.remove(t, 1) end
for i = 1, 20 do sum = sum + table.remove(t, 30) end
print(#t, sum, t[1], t[29], t[30], t[#t])
print(table.remove({}), table.remove({}, 0), #t)
local one = {"x"}
print(table.remove(one, 1), #one, table.remove(one), table.remove({"a", "b"}, 3))
print(pcall(table.insert, {1, 2, 3}, 6, "x"))
print(pcall(table.insert, {1, 2, 3}, 0, "x"))
print(pcall(table.insert, {}, 1, 2, 3))
print(pcall(table.insert, {}))
print(pcall(table.insert, nil, 1))
print(pcall(table.remove, {1, 2, 3}, 7))
local stack = {}
local most = 0
for i = 1, 300 do
  if i % 3 == 0 then table.remove(stack) else table.insert(stack, i) end
  if #stack > most then most = #stack end
end
print(#stack, most, stack[#stack])
