# A byte order mark and a line like this one are skipped.
print("first", pcall(error, "x", 1))
print(pcall(function() error("line 3") end))
local sum = 0
for i = 1, 9 do sum = sum + i end
print(sum)
