-- Chains of fields in hot loops, with links replaced.
local config = {render = {size = {w = 10, h = 20}}, list = {{v = 1}, {v = 2}}}
local s = 0
for i = 1, 600 do
  s = s + config.render.size.w * config.render.size.h + config.list[i % 2 + 1].v
  if i == 200 then config.render.size = {h = 1, w = 2} end
  if i == 300 then config.render = {other = true, size = {w = 1.5, h = 2}} end
  if i == 400 then config.list[1] = {x = 0, v = 100} end
  if i == 500 then config.list = {{v = 5}, {v = 6}} end
end
print(s)
local queue = {first = 1, last = 0, items = {}}
local function push(q, v) q.last = q.last + 1 q.items[q.last] = v end
local function pop(q)
  if q.first > q.last then return nil end
  local v = q.items[q.first]
  q.items[q.first] = nil
  q.first = q.first + 1
  return v
end
local popped = 0
for i = 1, 500 do
  push(queue, i)
  if i % 3 ~= 0 then popped = popped + (pop(queue) or 0) end
end
print(popped, queue.first, queue.last)
while true do
  local v = pop(queue)
  if not v then break end
  popped = popped + v
end
print(popped)
