-- Metatables that lead to each other in a circle. -- traces: none (every round of its loop raises errors)
local itself = {}
setmetatable(itself, {__index = itself, __newindex = itself})
print(pcall(function() return itself.x end))
print(pcall(function() return itself[1] end))
print(pcall(function() itself.x = 1 end))
print(pcall(function() itself[1] = 1 end))
local one, other = {}, {}
setmetatable(one, {__index = other, __newindex = other})
setmetatable(other, {__index = one, __newindex = one})
for i = 1, 200 do
  local ok, message = pcall(function() return one.x end)
  if i == 200 then print(ok, message) end
  ok, message = pcall(function() one.x = i end)
  if i == 200 then print(ok, message) end
end
rawset(other, "x", 5)
print(one.x)
one.x = 6
print(other.x, rawget(one, "x"))
