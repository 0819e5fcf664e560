-- setmetatable, getmetatable and the raw functions.
local t, m = {}, {}
print(getmetatable(t), setmetatable(t, m) == t, getmetatable(t) == m)
print(setmetatable(t, nil) == t, getmetatable(t))
m.__index = m
setmetatable(t, m)
m.x = 5
print(t.x, rawget(t, "x"), rawequal(t, t), rawequal(t, {}), rawequal(1, 1.0), rawlen({1, 2}), rawlen("abc"))
rawset(t, "x", 6)
print(t.x, m.x)
print(getmetatable("x").__index == string, getmetatable("x").__index.upper("a"))
local n = 0
for i = 1, 300 do
  if getmetatable(t) == m then n = n + 1 end
  if rawget(t, "y") == nil then n = n + 1 end
  rawset(t, i, i)
  n = n + rawlen(t)
end
print(n)
m.__index = nil
print(t.y)
m.__index = function() return "f" end
print(t.y)
m.__index = {y = "t"}
print(t.y)
