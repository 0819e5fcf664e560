-- Arrays that grow, shrink and become sparse in hot loops.
local t = {}
local s = 0
for i = 1, 1000 do
  t[i] = i
  s = s + #t
  if i % 100 == 0 then
    for j = #t, #t - 20, -1 do t[j] = nil end
    for j = #t + 1, i do t[j] = j end
  end
end
print(#t, s)
local u = {}
for i = 1, 500 do
  u[#u + 1] = i
  if #u > 50 then
    for j = 1, 25 do u[j] = u[j + 25] end
    for j = #u, 26, -1 do u[j] = nil end
  end
end
print(#u, u[1], u[#u])
local mixed = {}
for i = 1, 300 do
  mixed[i] = i % 3 == 0 and i or i % 3 == 1 and i + 0.5 or "s" .. i
end
local ints, floats, strings = 0, 0, 0
for i = 1, #mixed do
  local v = mixed[i]
  if math.type(v) == "integer" then ints = ints + v
  elseif math.type(v) == "float" then floats = floats + v
  else strings = strings + #v end
end
print(ints, floats, strings)
local back = {}
for i = 300, 1, -1 do back[i] = i end
for i = 1, 300 do s = s + back[i] end
print(#back, s)
