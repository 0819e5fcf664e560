-- What has no bits.
local function band(a, b) return a & b end
print(pcall(band, nil, 1))
print(pcall(band, 1, {}))
print(pcall(band, true, 1))
print(pcall(band, print, 1))
print(pcall(band, "a", 1))
local t = {}
print(pcall(function() return t.x | 1 end))
print(pcall(function() return ~t end))
print(pcall(function() return undefined << 1 end))
local caught = 0
for i = 1, 200 do
  if not pcall(band, i, i % 25 == 0 and i + 0.5 or i) then caught = caught + 1 end
end
print(caught)
