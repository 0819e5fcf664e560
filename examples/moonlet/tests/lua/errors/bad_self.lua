-- A method's receiver is not counted among its arguments, and not said to be one.
local holder = {rep = string.rep, floor = math.floor, insert = table.insert}
print(pcall(function() return holder:rep(3) end))
print(pcall(function() return holder:floor() end))
print(pcall(function() return holder:insert(1, 2, 3, 4) end))
print(pcall(function() return ("x"):rep({}) end))
print(pcall(function() return ("x"):rep() end))
local object = setmetatable({}, {__index = string})
print(pcall(function() return object:upper() end))
print(pcall(function() return object.upper(object) end))
