-- Two objects swap roles in a hot loop; results must not be mixed up.
local a, b = {n = 1, name = "a"}, {n = 2, name = "b"}
local log = {}
for i = 1, 401 do
  a.n, b.n = b.n + 1, a.n
  if i % 5 == 0 then a, b = b, a end
  if i % 100 == 0 then log[#log + 1] = a.name .. a.n .. b.name .. b.n end
end
print(table.concat(log, " "), a.n, b.n)
local t, u = {1, 2, 3}, {4, 5, 6}
for i = 1, 300 do
  t[i % 3 + 1], u[i % 3 + 1] = u[i % 3 + 1], t[i % 3 + 1]
  if i % 7 == 0 then t, u = u, t end
end
print(table.concat(t, " "), table.concat(u, " "))
local same = {v = 0}
local x, y = same, same
for i = 1, 300 do
  x.v = i
  y.v = y.v + x.v
  if i == 200 then y = {v = 1000} end
end
print(x.v, y.v, same.v)
