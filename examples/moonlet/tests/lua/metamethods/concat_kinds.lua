-- Operands that are now strings, now numbers, now objects.
local s = setmetatable({}, {__concat = function(x, y) return type(x) == 'table' and 'S' .. tostring(y) or tostring(x) .. 'S' end})
local parts, all = {'a', 1, s, 2.5}, ''
for i = 1, 120 do
  local v = parts[i % 4 + 1] .. i
  if #v > #all then all = v end
end
print(all)
