-- Calling nil through a field.
local object = {name = "o"}
function object:greet() return self.name end
for i = 1, 300 do
  if i == 290 then object.greet = nil end
  local s = object:greet()
end
