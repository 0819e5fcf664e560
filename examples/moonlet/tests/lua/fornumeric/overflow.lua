-- Loops at the ends of the integers stop.
local max, min = math.maxinteger, math.mininteger
local n = 0
for i = max - 100, max do n = n + 1 end
print(n)
n = 0
for i = min + 100, min, -1 do n = n + 1 end
print(n)
n = 0
for i = max - 1000, max, 7 do n = n + 1 end
print(n)
n = 0
for i = min, min + 700, 3 do n = n + 1 end
print(n)
for i = max - 1, max do print(i) end
for i = min, max, max do print(i) end
for i = max, min, min do print(i) end
for i = 1, max, max // 2 do print(i) end
for i = -1, min, min do print(i) end
n = 0
for i = max - 150, 1e30 do n = n + 1 end
print(n)
n = 0
for i = min + 150, -1e30, -1 do n = n + 1 end
print(n)
for i = max, 1e10 do print("never") end
for i = 1, 2^63 do if i > 3 then break end print(i) end
