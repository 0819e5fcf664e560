-- Assignments evaluate everything before they assign.
local a, b, c = 1, 2, 3
a, b, c = c, a, b
print(a, b, c)
local t = {1, 2, 3}
local i = 1
i, t[i] = i + 1, 20
print(i, t[1], t[2])
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3])
local fib_a, fib_b = 0, 1
for n = 1, 80 do fib_a, fib_b = fib_b, fib_a + fib_b end
print(fib_a)
local list = {}
for n = 1, 100 do list[n] = n end
for round = 1, 5 do
  for n = 1, 50 do list[n], list[101 - n] = list[101 - n], list[n] end
end
print(list[1], list[50], list[51], list[100])
local x, y = 1, 1
for n = 1, 200 do x, y = y % 1000, (x + y) % 1000 end
print(x, y)
do local p, p2 = t, t; p.v, p2.w = 1, 2 end
print(t.v, t.w)
