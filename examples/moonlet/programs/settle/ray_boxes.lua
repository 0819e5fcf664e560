-- ray tracer: boxes in a tree, minimum and maximum by branches, recursion into both halves.
local ROUNDS = tonumber((...)) or 120

local function least(a, b) if a < b then return a end return b end
local function most(a, b) if a > b then return a end return b end

local seed = 77
local function random()
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed / 2147483648
end

local function box(o)
  if o.low then return o end
  local r, c = o.radius, o.centre
  return { low = { c[1] - r, c[2] - r, c[3] - r }, high = { c[1] + r, c[2] + r, c[3] + r } }
end
local function around(a, b)
  local low, high = {}, {}
  for k = 1, 3 do
    low[k] = least(a.low[k], b.low[k])
    high[k] = most(a.high[k], b.high[k])
  end
  return { low = low, high = high }
end
local function build(list, from, to, axis)
  if from == to then return list[from] end
  -- By insertion: the lists are short.
  for i = from + 1, to do
    local o, j = list[i], i - 1
    while j >= from and list[j].centre[axis] > o.centre[axis] do
      list[j + 1] = list[j]
      j = j - 1
    end
    list[j + 1] = o
  end
  local middle = (from + to) // 2
  local left, right = build(list, from, middle, axis % 3 + 1), build(list, middle + 1, to, axis % 3 + 1)
  local bounds = around(box(left), box(right))
  bounds.left, bounds.right = left, right
  return bounds
end

local function meets(b, from, inverse)
  local near, far = 0.0, 1e30
  for k = 1, 3 do
    local t0, t1 = (b.low[k] - from[k]) * inverse[k], (b.high[k] - from[k]) * inverse[k]
    if t0 > t1 then t0, t1 = t1, t0 end
    near, far = most(near, t0), least(far, t1)
    if near > far then return false end
  end
  return near
end
local function sphere(s, from, to)
  local x, y, z = s.centre[1] - from[1], s.centre[2] - from[2], s.centre[3] - from[3]
  local b = x * to[1] + y * to[2] + z * to[3]
  local d = b * b - x * x - y * y - z * z + s.radius * s.radius
  if d < 0 then return nil end
  d = d ^ 0.5
  if b - d > 1e-6 then return b - d end
  if b + d > 1e-6 then return b + d end
  return nil
end
local function nearest(node, from, to, inverse, best, found)
  if not node.low then
    local t = sphere(node, from, to)
    if t and t < best then return t, node end
    return best, found
  end
  local near = meets(node, from, inverse)
  if not near or near >= best then return best, found end
  best, found = nearest(node.left, from, to, inverse, best, found)
  return nearest(node.right, from, to, inverse, best, found)
end

local spheres = {}
for k = 1, 40 do
  spheres[k] = { centre = { random() * 8 - 4, random() * 8 - 4, random() * 8 + 4 }, radius = random() * 0.7 + 0.1, shade = k % 5 / 5 }
end
local root = build(spheres, 1, #spheres, 1)

local function trace(from, to, depth)
  local inverse = { 1 / to[1], 1 / to[2], 1 / to[3] }
  local t, s = nearest(root, from, to, inverse, 1e30, nil)
  if not s then return most(0.0, to[2]) end
  local light = s.shade
  if depth > 0 then
    local at = { from[1] + to[1] * t, from[2] + to[2] * t, from[3] + to[3] * t }
    local n = { (at[1] - s.centre[1]) / s.radius, (at[2] - s.centre[2]) / s.radius, (at[3] - s.centre[3]) / s.radius }
    local turn = 2 * (to[1] * n[1] + to[2] * n[2] + to[3] * n[3])
    light = light + 0.5 * trace(at, { to[1] - turn * n[1], to[2] - turn * n[2], to[3] - turn * n[3] }, depth - 1)
  end
  return light
end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, 12 do
    local x, y = random() - 0.5, random() - 0.5
    local length = (x * x + y * y + 1) ^ 0.5
    local light = trace({ 0.0, 0.0, -3.0 }, { x / length, y / length, 1 / length }, 2)
    sum = (sum * 31 + light * 1000 // 1) % 1000003
  end
end
print(string.format("%d", sum))
