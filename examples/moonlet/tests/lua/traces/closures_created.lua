-- Closures created and called in hot loops.
local s = 0
for i = 1, 400 do
  local f = function(x) return x + i end
  s = s + f(1)
end
print(s)
for i = 1, 400 do
  local k = 0
  local function inc() k = k + i end
  inc()
  inc()
  s = s + k
end
print(s)
local function map(t, f)
  local r = {}
  for i = 1, #t do r[i] = f(t[i]) end
  return r
end
local list = {1, 2, 3, 4, 5}
for i = 1, 100 do
  list = map(list, function(x) return (x * i + 1) % 1009 end)
end
print(table.concat(list, " "))
local kept = {}
for i = 1, 300 do
  local v = i
  if i % 3 == 0 then kept[#kept + 1] = function() v = v + 1 return v end end
end
for round = 1, 3 do
  for i = 1, #kept do s = s + kept[i]() end
end
print(s)
local function curry(a) return function(b) return function(c) return a + b * c end end end
for i = 1, 300 do s = s + curry(i)(2)(3) end
print(s)
