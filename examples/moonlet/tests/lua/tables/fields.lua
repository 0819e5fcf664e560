-- Records: fields added, changed, removed, added again.
local function point(x, y) return {x = x, y = y} end
local sum = 0
for i = 1, 300 do
  local p = point(i, -i)
  p.z = i % 3
  p.x = p.x + p.z
  sum = sum + p.x + p.y + p.z
end
print(sum)
local t = {}
t.a, t.b, t.c = 1, 2, 3
t.b = nil
print(t.a, t.b, t.c)
t.b = 4
print(t.a, t.b, t.c)
for i = 1, 200 do
  t.a = i
  t.b = nil
  t.c = t.a + (t.b or 0)
  t.b = t.c
end
print(t.a, t.b, t.c, t.d)
t["a"] = "by string"
print(t.a, t["b"])
