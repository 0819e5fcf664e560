-- small vectors by value: most objects live for an expression
local N = 600000 -- quick: 40000
local Vector = {}
Vector.__index = Vector
local function vector(x, y, z) return setmetatable({x = x, y = y, z = z}, Vector) end
function Vector:add(o) return vector(self.x + o.x, self.y + o.y, self.z + o.z) end
function Vector:sub(o) return vector(self.x - o.x, self.y - o.y, self.z - o.z) end
function Vector:scale(s) return vector(self.x * s, self.y * s, self.z * s) end
function Vector:dot(o) return self.x * o.x + self.y * o.y + self.z * o.z end
-- three balls in a sphere, bouncing off its inside
local balls = {}
for i = 1, 3 do
  balls[i] = {at = vector(0.1 * i, 0.2, -0.1 * i), speed = vector(0.3, 0.1 * i, 0.2)}
end
local pull = vector(0.0, -0.01, 0.0)
local bounces, last = 0, nil
for i = 1, N do
  local ball = balls[i % 3 + 1]
  local speed = ball.speed:add(pull:scale(0.1))
  local at = ball.at:add(speed:scale(0.05))
  local from_centre = at:dot(at)
  if from_centre > 1.0 and at:dot(speed) > 0.0 then
    local normal = at:scale(1.0 / math.sqrt(from_centre))
    speed = speed:sub(normal:scale(2.0 * speed:dot(normal)))
    bounces, last = bounces + 1, normal
  end
  ball.at, ball.speed = at, speed
end
local energy = 0.0
for i = 1, 3 do energy = energy + balls[i].speed:dot(balls[i].speed) end
print(bounces, string.format("%.9f %.9f", energy, last.x + last.y + last.z))
