-- What is not a table, or not the key it looks like. -- traces: none (its functions end with errors)
print(select("#", table.unpack("abc")), table.unpack("abc", 1, 2))
print(pcall(table.unpack, 5))
print(pcall(table.unpack, 5, 1, 2))
print(pcall(table.unpack, true, 1, 0))
print(pcall(table.unpack, nil))
string[1] = "first"
print(table.unpack("ab"))
string[1] = nil
print(table.remove({1, 2, 3}, nil), pcall(table.remove, {1, 2, 3}, "x"))
-- A float is no key that a traversal was at.
print(pcall(next, {1, 2}, 1.0))
print(pcall(next, {[2.5] = 1}, 2.5))
print(pcall(function() for k, v in next, {1, 2}, 1.0 do print(k, v) end end))
print(pcall(next, {1, 2}, 1))
