-- collision detector: objects of many classes, closures over vectors, loops of two or three rounds inside one another.
local ROUNDS = tonumber((...)) or 70

local Vector = {}
Vector.__index = Vector
local function vector(x, y) return setmetatable({ x = x, y = y }, Vector) end
function Vector:plus(o) return vector(self.x + o.x, self.y + o.y) end
function Vector:minus(o) return vector(self.x - o.x, self.y - o.y) end
function Vector:times(k) return vector(self.x * k, self.y * k) end
function Vector:dot(o) return self.x * o.x + self.y * o.y end

local classes = {}
local function class(name, radius)
  local c = { kind = name }
  c.__index = c
  function c.radius() return radius end
  classes[#classes + 1] = c
  return c
end
local Plane, Glider, Balloon, Bird, Rocket =
  class("plane", 2.0), class("glider", 1.5), class("balloon", 3.0), class("bird", 0.5), class("rocket", 1.0)
function Plane:move(t) return self.from:plus(self.speed:times(t)) end
function Glider:move(t) return self.from:plus(self.speed:times(t * 0.5)) end
function Balloon:move(t) return vector(self.from.x, self.from.y + t) end
function Bird:move(t) if t % 2 < 1 then return self.from end return self.from:plus(self.speed) end
function Rocket:move(t) return self.from:plus(self.speed:times(t * t * 0.1)) end

local seed = 17
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end

local objects = {}
for k = 1, 40 do
  local c = classes[k % #classes + 1]
  local o = setmetatable({ from = vector(random(100) + 0.0, random(100) + 0.0),
    speed = vector(random(9) - 4.0, random(9) - 4.0) }, c)
  if k % 3 == 0 then o.name = "n" .. k end
  objects[k] = o
end

local CELL = 10
local function spread(grid, object, from, to)
  local low, high = vector(from.x, from.y), vector(to.x, to.y)
  if low.x > high.x then low.x, high.x = high.x, low.x end
  if low.y > high.y then low.y, high.y = high.y, low.y end
  local r = object.radius()
  local x0, x1 = (low.x - r) // CELL, (high.x + r) // CELL
  local y0, y1 = (low.y - r) // CELL, (high.y + r) // CELL
  for x = x0, x1 do
    for y = y0, y1 do
      local key = x * 1000 + y
      local list = grid[key]
      if not list then list = {} grid[key] = list end
      list[#list + 1] = object
    end
  end
end

local function each(list, f)
  for i = 1, #list do
    for j = i + 1, #list do f(list[i], list[j]) end
  end
end

local function round(t)
  local grid, hits, places = {}, 0, {}
  for _, o in ipairs(objects) do
    local from, to = o:move(t), o:move(t + 1)
    places[o] = { from, to }
    spread(grid, o, from, to)
  end
  local keys = {}
  for x = -20, 30 do
    for y = -20, 30, 10 do
      local list = grid[x * 1000.0 + y]
      if list and #list > 1 then keys[#keys + 1] = list end
    end
  end
  for _, list in ipairs(keys) do
    each(list, function(a, b)
      local p, q = places[a], places[b]
      local d0, d1 = p[1]:minus(q[1]), p[2]:minus(q[2])
      local change = d1:minus(d0)
      local square, r = change:dot(change), a.radius() + b.radius()
      local at = 0.0
      if square > 0 then at = -d0:dot(change) / square end
      if at < 0 then at = 0.0 elseif at > 1 then at = 1.0 end
      local near = d0:plus(change:times(at))
      if near:dot(near) <= r * r then hits = hits + 1 end
    end)
  end
  return hits * 100 + #keys
end

local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round(r % 40)) % 1000000007 end
print(sum)
