-- short run: small objects with methods that are made and dropped in a loop.
local ROUNDS = tonumber((...)) or 80

local Point = {}
Point.__index = Point
local function point(x, y) return setmetatable({ x = x, y = y }, Point) end
function Point:add(o) return point(self.x + o.x, self.y + o.y) end
function Point:turn() return point(-self.y, self.x) end
function Point:scale(k) return point(self.x * k, self.y * k) end
function Point:length() return (self.x * self.x + self.y * self.y) ^ 0.5 end

local total = 0.0
for r = 1, ROUNDS do
  local at, by = point(0.0, 0.0), point(1.0, 0.5)
  for i = 1, 300 do
    at = at:add(by)
    if i % 10 == 0 then by = by:turn():scale(1.01) end
    total = total + at:length()
  end
end
print(string.format("%.4f", total))
