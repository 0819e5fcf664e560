-- Objects that a trace need not make: named by exits, escaping now and then, in each other, in registers
-- at guards that fail.
local function pair(a, b) return {first = a, second = b} end

-- dies in the iteration; the guard on the type of `first` fails in the middle of the object's life
local sum, texts = 0, 0
for i = 1, 400 do
  local p = pair(i, i * 2)
  if i % 50 == 0 then p.first = "text" .. i end
  local q = pair(p, p.second)
  if type(q.first.first) == "string" then texts = texts + #q.first.first else sum = sum + q.first.first end
  sum = sum + q.second
end
print(sum, texts)

-- escapes every seventh time, and is the same object afterwards
local kept = {}
for i = 1, 300 do
  local p = pair(i, nil)
  p.me = p
  if i % 7 == 0 then kept[#kept + 1] = p end
  p.second = -i
end
local same, total = 0, 0
for _, p in ipairs(kept) do
  if p.me == p and p.me.me == p then same = same + 1 end
  total = total + p.first + p.second
end
print(#kept, same, total)

-- two that refer to each other, seen by a guard that fails
local rings = 0
for i = 1, 300 do
  local a, b = {}, {}
  a.next, b.next, a.name, b.name = b, a, i, -i
  if i % 60 == 0 then
    if a.next.next == a and b.next ~= b then rings = rings + a.name + b.next.name end
  else
    rings = rings + a.next.name
  end
end
print(rings)

-- kept from one iteration to the next, as a list and as the last one
local list, length = nil, 0
local last = pair(0, 0)
for i = 1, 200 do
  list = {head = i, tail = list}
  last = pair(last.second, i)
end
while list do length, list = length + list.head, list.tail end
print(length, last.first, last.second)

-- objects with a metatable, and short lists
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:plus(o) return Point.new(self.x + o.x, self.y + o.y) end
function Point:length2() return self.x * self.x + self.y * self.y end
local far = 0
local at = Point.new(0, 0)
for i = 1, 400 do
  local step = Point.new(i % 3 - 1, i % 5 - 2)
  local there = at:plus(step):plus(Point.new(0, 0))
  local as_list = {there.x, there.y, i}
  if there:length2() < 3 then at = there else far = far + as_list[3] + #as_list end
end
print(at.x, at.y, far, getmetatable(at) == Point)

-- the count of fields, and fields that are not there
local none = 0
for i = 1, 200 do
  local o = {a = i}
  if i % 40 == 0 then o.b = i end
  for k, v in pairs(o) do none = none + (k == "b" and 1000 or v) end
  if o.c == nil then none = none + 1 end
end
print(none)

-- handed to functions: as an argument of a builtin, of pcall, as a result, as a captured variable
local made = 0
local function maker(i)
  local o = pair(i, i)
  return function() o.first = o.first + 1; return o end
end
for i = 1, 200 do
  local f = maker(i)
  f()
  local o = f()
  made = made + o.first + rawlen({i, i}) + select("#", o, o)
  local ok, error_value = pcall(error, {code = i})
  made = made + (ok and 0 or error_value.code)
end
print(made)

-- an error in the middle of an object's life
local errors = 0
local function risky(i)
  local o = {value = i, parts = {i, i + 1}}
  if i % 90 == 0 then o.parts = nil end
  return o.parts[2] + o.value
end
for i = 1, 400 do
  local ok, value = pcall(risky, i)
  errors = errors + (ok and value or 1)
end
print(errors)
print((pcall(risky, 90)))

-- as a key, and compared
local seen, different = {}, 0
for i = 1, 150 do
  local key = {i}
  seen[key] = i
  if {} ~= {} and key ~= {i} and not rawequal(key, {}) then different = different + seen[key] end
end
print(different)
