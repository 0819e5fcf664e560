-- A ray tracer: vectors as objects, all of them garbage soon.
local N = 8
local V = {}
V.__index = V
local function vec(x, y, z)
  return setmetatable({ x = x, y = y, z = z }, V)
end
function V:add(o)
  return vec(self.x + o.x, self.y + o.y, self.z + o.z)
end
function V:sub(o)
  return vec(self.x - o.x, self.y - o.y, self.z - o.z)
end
function V:mul(s)
  return vec(self.x * s, self.y * s, self.z * s)
end
function V:dot(o)
  return self.x * o.x + self.y * o.y + self.z * o.z
end
function V:unit()
  return self:mul(1 / math.sqrt(self:dot(self)))
end
local spheres = {}
for i = 1, 8 do
  spheres[i] =
    { c = vec(i - 4.5, (i % 3) - 1, 6 + i % 4), r = 0.6 + i % 2 * 0.3, refl = i % 3 * 0.2 }
end
local function hit(o, d)
  local bt, bs = 1e9, nil
  for _, s in ipairs(spheres) do
    local oc = o:sub(s.c)
    local b = oc:dot(d)
    local c = oc:dot(oc) - s.r * s.r
    local disc = b * b - c
    if disc > 0 then
      local t = -b - math.sqrt(disc)
      if t > 1e-4 and t < bt then
        bt, bs = t, s
      end
    end
  end
  return bs, bt
end
local light = vec(1, 1, -1):unit()
local function trace(o, d, depth)
  local s, t = hit(o, d)
  if not s then
    return 0.2 + 0.1 * d.y
  end
  local p = o:add(d:mul(t))
  local n = p:sub(s.c):unit()
  local l = n:dot(light)
  if l < 0 then
    l = 0
  end
  if hit(p, light) then
    l = l * 0.3
  end
  local c = 0.1 + 0.8 * l
  if depth > 0 and s.refl > 0 then
    local r = d:sub(n:mul(2 * n:dot(d)))
    c = c * (1 - s.refl) + s.refl * trace(p, r:unit(), depth - 1)
  end
  return c
end
local sum = 0
for y = 1, N do
  for x = 1, N do
    sum = sum + trace(vec(0, 0, 0), vec((x - N / 2) / N, (y - N / 2) / N, 1):unit(), 3)
  end
end
print(string.format("%.6f", sum))
