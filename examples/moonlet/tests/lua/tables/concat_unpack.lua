-- table.concat, table.pack and table.unpack.
print(table.concat({}), table.concat({1, 2, 3}), table.concat({1, 2, 3}, ", "), table.concat({"a", 1.5, "b"}, "-"))
print(table.concat({1, 2, 3, 4}, "+", 2), table.concat({1, 2, 3, 4}, "+", 2, 3), table.concat({1, 2}, ",", 3) == "")
print(pcall(table.concat, {1, {}, 3}))
print(pcall(table.concat, {1, 2}, ",", 1, 3))
print(pcall(table.concat, {true}))
print(pcall(table.concat))
local p = table.pack(1, nil, 3, nil)
print(p.n, p[1], p[2], p[3], p[4])
print(table.pack().n, #table.pack("a", "b"))
print(table.unpack({1, 2, 3}))
print(table.unpack({1, 2, 3}, 2))
print(table.unpack({1, 2, 3}, 2, 5))
print((table.unpack({1, 2, 3})), table.unpack({}, 1, 0))
print(pcall(table.unpack, {}, 1, 1e8))
local sum = 0
for i = 1, 200 do
  local a, b, c = table.unpack({i, i * 2, i * 3})
  local q = table.pack(c, b, a)
  sum = sum + a + b * 2 + c * 3 + q.n + q[1]
end
print(sum)
local words = {}
for i = 1, 200 do words[i] = "w" .. i end
print(#table.concat(words, " "))
