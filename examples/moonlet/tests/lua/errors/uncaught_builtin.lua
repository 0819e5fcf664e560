-- An error of the library, in a loop.
local parts = {}
for i = 1, 300 do parts[i] = "p" .. i end
parts[150] = {}
print(#parts)
print(table.concat(parts, ",", 1, 10))
print(table.concat(parts, ","))
