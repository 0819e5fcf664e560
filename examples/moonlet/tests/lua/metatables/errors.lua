-- Errors through metatables.
local t = setmetatable({}, {__index = 5})
print(pcall(function() return t.x end))
local u = setmetatable({}, {__newindex = 5})
print(pcall(function() u.x = 1 end))
local loop = {}
setmetatable(loop, {__index = loop})
print((pcall(function() return loop.x end)))
local v = setmetatable({}, {__index = function(t, k) return t.nothing.x end})
print((pcall(function() return v.x end)))
local w = setmetatable({}, {__index = {inner = {}}})
print(pcall(function() return w.inner.x.y end))
print(pcall(function() return w.method() end))
print(pcall(function() return w:method() end))
local caught = 0
for i = 1, 200 do
  if not pcall(function() return i % 4 == 0 and t.x or w.inner end) then caught = caught + 1 end
end
print(caught)
