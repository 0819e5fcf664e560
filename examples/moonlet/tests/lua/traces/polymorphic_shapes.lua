-- Field accesses that see many shapes.
local objects = {}
for i = 1, 12 do
  local o = {}
  for j = 1, i do o["f" .. j] = j end
  o.x = i
  for j = 1, 12 - i do o["g" .. j] = j end
  objects[i] = o
end
local s = 0
for round = 1, 50 do
  for i = 1, #objects do s = s + objects[i].x end
end
print(s)
for i = 1, 600 do
  local o = objects[i * 7 % 12 + 1]
  o.x = o.x + 1
  o.f1 = (o.f1 or 0) + 1
end
for i = 1, #objects do s = s + objects[i].x * i + objects[i].f1 end
print(s)
local two = {{a = 1, b = 2}, {b = 3, a = 4}}
for i = 1, 600 do
  local o = two[i % 2 + 1]
  s = s + o.a * o.b
end
print(s)
local miss = 0
for i = 1, 600 do
  local o = objects[i % 12 + 1]
  if o.f9 == nil then miss = miss + 1 end
end
print(miss)
