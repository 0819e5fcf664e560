-- Balls that bounce: fields that change in methods.
local N = 3
local seed
local function rnd()
  seed = (seed * 1309 + 13849) % 65536
  return seed
end
local Ball = {}
Ball.__index = Ball
function Ball.new()
  return setmetatable(
    { x = rnd() % 500, y = rnd() % 500, xv = rnd() % 300 - 150, yv = rnd() % 300 - 150 },
    Ball
  )
end
function Ball:bounce()
  local xl, yl, b = 500, 500, false
  self.x = self.x + self.xv
  self.y = self.y + self.yv
  if self.x > xl then
    self.x = xl
    self.xv = 0 - math.abs(self.xv)
    b = true
  end
  if self.x < 0 then
    self.x = 0
    self.xv = math.abs(self.xv)
    b = true
  end
  if self.y > yl then
    self.y = yl
    self.yv = 0 - math.abs(self.yv)
    b = true
  end
  if self.y < 0 then
    self.y = 0
    self.yv = math.abs(self.yv)
    b = true
  end
  return b
end
local total = 0
for r = 1, N do
  seed = 74755
  local balls, bounces = {}, 0
  for i = 1, 20 do
    balls[i] = Ball.new()
  end
  for i = 1, 50 do
    for _, b in ipairs(balls) do
      if b:bounce() then
        bounces = bounces + 1
      end
    end
  end
  total = total + bounces
end
print(total)
