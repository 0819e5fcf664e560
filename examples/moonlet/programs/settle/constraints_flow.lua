-- simulation of a system: constraints of many classes propagate over a network whose edges change direction.
local ROUNDS = tonumber((...)) or 100

local Cell = {}
Cell.__index = Cell
local function cell(name, value) return setmetatable({ name = name, value = value, watchers = {}, strength = 0 }, Cell) end
function Cell:set(value, strength, depth)
  if strength < self.strength or value == self.value or depth > 12 then return 0 end
  self.value, self.strength = value, strength
  local n = 1
  for i = 1, #self.watchers do n = n + self.watchers[i]:fire(self, strength, depth + 1) end
  return n
end

local Equal, Sum, Scale, Limit = {}, {}, {}, {}
for _, c in ipairs({ Equal, Sum, Scale, Limit }) do c.__index = c end
local function constraint(class, fields)
  for _, name in ipairs({ "a", "b", "c" }) do
    local c = fields[name]
    if c then c.watchers[#c.watchers + 1] = fields end
  end
  return setmetatable(fields, class)
end
function Equal:fire(from, strength, depth)
  if from == self.a then return self.b:set(from.value, strength, depth) end
  return self.a:set(from.value, strength, depth)
end
function Sum:fire(from, strength, depth)
  if from == self.c then return self.a:set(self.c.value - self.b.value, strength, depth) end
  return self.c:set(self.a.value + self.b.value, strength, depth)
end
function Scale:fire(from, strength, depth)
  if from == self.a then return self.b:set(from.value * self.by, strength, depth) end
  if from.value % self.by == 0 then return self.a:set(from.value // self.by, strength, depth) end
  return 0
end
function Limit:fire(from, strength, depth)
  if from == self.b then return 0 end
  local v = from.value
  if v > self.most then v = self.most elseif v < -self.most then v = -self.most end
  return self.b:set(v, strength, depth)
end

local cells = {}
for k = 1, 24 do cells[k] = cell("c" .. k, k) end
for k = 1, 23 do
  local kind = k % 4
  if kind == 0 then constraint(Equal, { a = cells[k], b = cells[k + 1] })
  elseif kind == 1 then constraint(Sum, { a = cells[k], b = cells[k % 20 + 2], c = cells[k + 1] })
  elseif kind == 2 then constraint(Scale, { a = cells[k], b = cells[k + 1], by = k % 3 + 2 })
  else constraint(Limit, { b = cells[k + 1], a = cells[k], most = 1000 }) end
end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, 12 do
    for i = 1, #cells do cells[i].strength = 0 end
    sum = sum + cells[(r * 5 + k * 7) % 24 + 1]:set((r * k * 37) % 200 - 100, k % 3, 1)
  end
  sum = (sum * 31 + cells[12].value + cells[24].value * 3) % 1000000007
end
print(sum)
