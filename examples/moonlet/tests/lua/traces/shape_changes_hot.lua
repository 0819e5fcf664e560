-- Objects gain, lose and rename fields inside the hot loop.
local s = 0
local o = {n = 0}
for i = 1, 600 do
  o.n = o.n + 1
  if i % 100 == 0 then o["extra" .. i] = i end
  if i % 150 == 0 then o.n, o.m = 0, o.n end
  s = s + o.n + (o.extra300 or 0)
end
print(s, o.m, o.extra600)
local p = {}
for i = 1, 400 do
  p.a = i
  p.b = p.a * 2
  if i % 3 == 0 then p.a = nil end
  if i % 5 == 0 then p = {b = p.b} end
  s = s + (p.a or 1) + p.b
end
print(s)
local names = {}
for i = 1, 100 do names[i] = "field" .. i end
local wide = {}
for round = 1, 5 do
  for i = 1, 100 do wide[names[i]] = (wide[names[i]] or 0) + i end
end
for i = 1, 100 do s = s + wide[names[i]] end
print(s, wide.field1, wide.field100)
for i = 1, 100 do wide[names[i]] = nil end
print(next(wide))
