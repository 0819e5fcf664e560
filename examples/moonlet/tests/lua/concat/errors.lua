-- What does not join.
local function join(a, b) return a .. b end
print(pcall(join, nil, "x"))
print(pcall(join, "x", nil))
print(pcall(join, {}, 1))
print(pcall(join, 1, true))
print(pcall(join, print, "x"))
local t = {}
print(pcall(function() return "a" .. t.name end))
print(pcall(function() return t.first .. "b" end))
print(pcall(function() return "a" .. "b" .. missing end))
print(pcall(function() local x; return "a" .. x .. "b" end))
print(pcall(function() local x; return "a" .. "b" .. "c" .. x end))
local bad = 0
for i = 1, 200 do
  if not pcall(join, "x", i % 9 ~= 0 and i or nil) then bad = bad + 1 end
end
print(bad)
