-- Every object has a metatable of its own.
local n = 0
local function make(i)
  return setmetatable({i = i}, {__index = {get = function(self) return self.i end, scale = i % 4}})
end
local objects = {}
for i = 1, 100 do objects[i] = make(i) end
for round = 1, 6 do
  for i = 1, 100 do n = n + objects[i]:get() * objects[i].scale end
end
print(n)
for i = 1, 300 do n = n + make(i):get() end
print(n)
