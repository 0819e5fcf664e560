-- Items and fields set to nil and back, at the end and before it, with and without metatables.
local function show(t, n)
  local out = {}
  for i = 0, n do out[#out + 1] = tostring(t[i]) end
  return table.concat(out, " ")
end
-- A stack.
local stack, sum = {}, 0
for i = 1, 300 do
  stack[#stack + 1] = i
  if i % 3 == 0 then
    sum = sum + stack[#stack]
    stack[#stack] = nil
  end
end
print(#stack, sum)
while #stack > 0 do stack[#stack] = nil end
print(show(stack, 3))
-- Holes: taking the last off takes those before it off, too.
for round = 1, 60 do
  local t = {1, 2, 3, 4, 5}
  t[round % 4 + 1] = nil
  t[4] = nil
  t[5] = nil
  if round > 56 then print(round, show(t, 6)) end
end
-- Key 0, keys that are not there, and one element.
for round = 1, 60 do
  local t = {[0] = "zero"}
  t[0] = nil
  t[1] = round
  t[1] = nil
  t[1] = nil
  t[7] = nil
  t.gone = nil
  if round > 58 then print(show(t, 7)) end
end
-- Objects without metamethods but `__index` are arrays as well.
local List = {}
List.__index = List
function List:push(x) self[#self + 1] = x end
function List:pop() local x = self[#self] self[#self] = nil return x end
local list = setmetatable({}, List)
local taken = 0
for i = 1, 200 do
  list:push(i)
  list:push(-i)
  taken = taken + list:pop()
end
print(#list, taken, list[1], list[200], rawget(list, 201), list[201])
-- Fields that go back and forth between nil and values.
local Node = {}
Node.__index = Node
local a, b = setmetatable({}, Node), setmetatable({next = false}, Node)
for i = 1, 200 do
  a.next, b.next = b, nil
  a.next, b.next = nil, a
  a.other = nil
end
print(a.next, b.next == a, rawget(a, "other"))
-- With `__newindex` new keys go elsewhere: nil items and fields are new keys.
local log = {}
local watched = setmetatable({1, 2, 3, kept = 1}, {
  __newindex = function(t, k, v) log[#log + 1] = tostring(k) .. tostring(v) end,
})
for i = 1, 100 do
  watched[2] = nil
  watched[2] = i
  watched.kept = nil
  watched.kept = i
  watched[4] = nil
  watched[3] = i % 2 == 0 and i or 0
end
print(#log, log[1], log[2], log[3], log[300], #watched)
local reads = 0
local counted = setmetatable({1, 2, nil, 4}, {__index = function(t, k) reads = reads + k return k end})
for i = 1, 100 do local x = counted[3] + counted[5] + counted[1] end
print(reads)
