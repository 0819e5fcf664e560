-- __index as a table, and chains of them.
local base = {greet = function() return "hello" end, x = 1}
local middle = setmetatable({y = 2}, {__index = base})
local t = setmetatable({z = 3}, {__index = middle})
print(t.x, t.y, t.z, t.greet(), t.missing)
local s = 0
for i = 1, 300 do s = s + t.x + t.y + t.z end
print(s)
base.x = 10
for i = 1, 300 do s = s + t.x end
print(s)
middle.x = 100
for i = 1, 300 do s = s + t.x end
print(s)
t.x = 1000
for i = 1, 300 do s = s + t.x end
print(s)
t.x, middle.x = nil, nil
for i = 1, 300 do s = s + t.x end
print(s)
local chain = {deep = 7}
for i = 1, 20 do chain = setmetatable({}, {__index = chain}) end
for i = 1, 200 do s = s + chain.deep end
print(s, chain.shallow)
local list = setmetatable({}, {__index = {10, 20, 30}})
print(list[1], list[3], list[4], #list)
list[1] = 5
for i = 1, 300 do s = s + list[i % 3 + 1] end
print(s)
print(rawget(t, "y"), rawget(t, "z"))
