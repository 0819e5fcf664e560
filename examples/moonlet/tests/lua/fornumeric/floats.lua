-- Loops over floats.
local n, s = 0, 0
for x = 0, 1, 0.1 do n = n + 1 s = s + x end
print(n, s)
n, s = 0, 0
for x = 1, 0, -0.125 do n = n + 1 s = s + x end
print(n, s)
for x = 1.0, 3 do print(x) end
n = 0
for x = 0, 30, 0.1 do n = n + 1 end
print(n)
n = 0
for x = 1e15, 1e15 + 100, 0.5 do n = n + 1 end
print(n)
s = 0
for x = -100.5, 100.5 do s = s + x end
print(s)
s = 0
for i = 1, 10 do
  for x = 0, i, 0.25 do s = s + x end
end
print(s)
for x = 3, 1.5, -0.5 do print(x) end
for x = 1, 0, 0.5 do print("never") end
