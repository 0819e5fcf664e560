-- Of two operands that do not join, the left one is named; further left ones are not looked at.
local none, list = nil, {}
print(pcall(function() return list .. none end))
print(pcall(function() return none .. list end))
print(pcall(function() local a, b = {}, nil return a .. b end))
print(pcall(function() local a, b = {}, nil return "x" .. a .. b end))
print(pcall(function() local a, b = {}, nil return a .. b .. "x" end))
print(pcall(function() local a, b = {}, nil return a .. 1 .. b end))
print(pcall(function() local a, b = {}, nil return b .. b .. a end))
print(pcall(function() return list.x .. list.y end))
print(pcall(function() return true .. {} end))
