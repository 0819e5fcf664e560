-- Functions of real numbers, to ten digits.
local function show(...)
  local t = {...}
  for i = 1, #t do t[i] = string.format("%.10g", t[i]) end
  print(table.concat(t, " "))
end
show(math.sin(0), math.sin(1), math.sin(-1), math.sin(100))
show(math.cos(0), math.cos(1), math.cos(-1), math.cos(100))
show(math.tan(0), math.tan(1), math.tan(-1))
show(math.exp(0), math.exp(1), math.exp(-1), math.exp(10))
show(math.log(1), math.log(2), math.log(10), math.log(0.5))
show(math.log(8, 2), math.log(1000, 10), math.log(81, 3), math.log(2, 4))
print(math.log(0), math.log(-1) ~= math.log(-1), math.exp(1000), math.exp(-1000))
print(math.log(1024, 2), math.log(100, 10), math.sin(0), math.cos(0))
local s = 0
for i = 1, 300 do s = s + math.sin(i) * math.cos(i) + math.log(i) - math.exp(-i) end
show(s)
