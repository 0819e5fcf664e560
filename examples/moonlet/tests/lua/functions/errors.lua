-- Calls of what is no function.
local t = {}
print(pcall(function() t() end))
print(pcall(function() t.x() end))
print(pcall(function() t:method() end))
print(pcall(function() undefined() end))
print(pcall(function() t.x.y() end))
print(pcall(function() local f = 5; f() end))
print(pcall(function() ("x")() end))
print(pcall(function() (nil)() end))
print(pcall(function() t[1]() end))
print(pcall(function() return t.x() end))
print(pcall(function() local a = {b = {}}; a.b.c.d() end))
print(pcall(function() return #t() end))
print(pcall(nil))
print(pcall(5, 1))
print(pcall(pcall))
local fs = {}
for i = 1, 20 do fs[i] = i ~= 13 and function(x) return x end or i end
local failed, sum = 0, 0
for i = 1, 300 do
  local ok, v = pcall(function() return fs[i % 20 + 1](i) end)
  if ok then sum = sum + v else failed = failed + 1 end
end
print(failed, sum)
