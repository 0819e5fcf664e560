-- The chunk itself takes arguments: none here.
print(select("#", ...), ...)
local a, b = ...
print(a, b)
local n = 0
for i = 1, 200 do n = n + select("#", ...) + select("#", i, ...) end
print(n)
