print(debug.getmetatable("").__index == string, debug.getmetatable(1), debug.getmetatable(nil))
local t = setmetatable({}, {__metatable = "p"})
print(getmetatable(t), type(debug.getmetatable(t)), debug.setmetatable(t, nil) == t, getmetatable(t))
print(debug.setmetatable(t, {__index = {x = 3}}).x)
print(pcall(debug.setmetatable, t)) print(pcall(debug.setmetatable, t, 3)) print(pcall(debug.setmetatable)) print(pcall(debug.getmetatable))
print(debug.setmetatable(10, nil), debug.setmetatable("a", getmetatable("")))
for i = 1, 100 do local u = debug.setmetatable({}, {__index = function(_, k) return k end}) assert(u.x == "x") end
print(pcall(debug.traceback, "a", "b"))
