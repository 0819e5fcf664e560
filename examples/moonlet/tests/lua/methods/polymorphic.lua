-- One call site, many shapes and methods.
local function class(area)
  local c = {area = area}
  c.__index = c
  return c
end
local Square = class(function(s) return s.w * s.w end)
local Rect = class(function(s) return s.w * s.h end)
local Circle = class(function(s) return s.r * s.r * 3 end)
local Nothing = class(function() return 0 end)
local shapes = {}
for i = 1, 60 do
  local k = i % 6
  if k == 0 then shapes[i] = setmetatable({w = i}, Square)
  elseif k == 1 then shapes[i] = setmetatable({w = i, h = 2}, Rect)
  elseif k == 2 then shapes[i] = setmetatable({h = 3, w = i}, Rect)
  elseif k == 3 then shapes[i] = setmetatable({r = i}, Circle)
  elseif k == 4 then shapes[i] = setmetatable({name = "n", r = i, w = 0}, Circle)
  else shapes[i] = setmetatable({}, Nothing) end
end
local total = 0
for round = 1, 20 do
  for i = 1, #shapes do total = total + shapes[i]:area() end
end
print(total)
for i = 1, #shapes do shapes[i].extra = i end
for round = 1, 10 do
  for i = 1, #shapes do total = total + shapes[i]:area() - shapes[i].extra end
end
print(total)
