-- pairs, counted and summed: the order of keys is nobody's business.
local t = {}
for i = 1, 100 do t[i] = i end
for i = 1, 50 do t["k" .. i] = i * 1000 end
local n, s, strings = 0, 0, 0
for k, v in pairs(t) do
  n = n + 1
  s = s + v
  if type(k) == "string" then strings = strings + 1 end
end
print(n, s, strings)
for k in pairs(t) do
  if type(k) == "string" then t[k] = nil end
end
n = 0
for _ in pairs(t) do n = n + 1 end
print(n)
for k, v in pairs(t) do t[k] = v * 2 end
s = 0
for _, v in pairs(t) do s = s + v end
print(s)
for _ in pairs({}) do print("never") end
local order = {}
for k, v in pairs({"a", "b", "c"}) do order[#order + 1] = k .. v end
print(table.concat(order, " "))
s = 0
for i = 1, 100 do
  for k, v in pairs({x = i, y = 2, z = 3}) do s = s + v end
end
print(s)
