-- Metatables set and iterators begun in hot loops; what ends an `ipairs` loop.
local Point = {}
Point.__index = Point
local function point(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:sum() return self.x + self.y end
local total = 0
for i = 1, 300 do total = total + point(i, 1):sum() end
print(total, getmetatable(point(1, 2)) == Point)
-- Several metatables of one shape and of others, with names that mean nothing.
local kinds = {{__index = {v = 1}}, {__index = {v = 10}}, {__index = Point, __name = "named"}, {v = 5}}
local seen = 0
for i = 1, 300 do
  local o = setmetatable({x = i}, kinds[i % 4 + 1])
  seen = seen + (o.v or 0) + (o.sum and 1000 or 0)
end
print(seen)
-- Unknown metamethods that are nil, protection, metatables that are exchanged or taken away.
local odd = {__index = Point, __add = 1}
odd.__add = nil
for i = 1, 100 do
  local o = setmetatable({x = i, y = i}, odd)
  if i == 100 then print(o:sum()) end
  setmetatable(o, kinds[1])
  if i == 100 then print(o.v, o.sum) end
  setmetatable(o, nil)
  if i == 100 then print(o.v, getmetatable(o)) end
end
local locked = {__metatable = "no"}
local failed = 0
for i = 1, 100 do
  local o = setmetatable({}, locked)
  if getmetatable(o) == "no" and not pcall(setmetatable, o, Point) then failed = failed + 1 end
end
print(failed)
-- Loops over lists that end, have holes, are empty, have a hash part, inherit.
local inherits = setmetatable({1, 2}, {__index = {7, 8, 9, 10}})
local sparse = {1, 2, 3, nil, 5}
local mixed = {1, 2, [4] = 4, x = 1}
local object = setmetatable({4, 5}, Point)
local count = {0, 0, 0, 0, 0}
for round = 1, 100 do
  for i, v in ipairs({}) do count[1] = count[1] + 1 end
  for i, v in ipairs(inherits) do count[2] = count[2] + i * v end
  for i, v in ipairs(sparse) do count[3] = count[3] + v end
  for i, v in ipairs(mixed) do count[4] = count[4] + v end
  for i, v in ipairs(object) do count[5] = count[5] + v end
  if round == 50 then mixed[3] = 3 end
end
print(table.concat(count, " "))
local pairs_sum, keys = 0, ""
for round = 1, 100 do
  for k, v in pairs(object) do pairs_sum = pairs_sum + k * v end
  for k in pairs({}) do pairs_sum = pairs_sum + 1 end
end
print(pairs_sum)
print(pcall(ipairs), pcall(pairs))
print(pcall(function() for i in ipairs(nil) do end end))
print(pcall(function() for k in pairs(nil) do end end))
local iterator, state, control, more = ipairs({5})
print(type(iterator), #state, control, more)
local first, second = pairs({})
print(first == next, type(second))
