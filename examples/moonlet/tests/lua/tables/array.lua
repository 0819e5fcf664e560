-- Tables as arrays.
local t = {}
for i = 1, 300 do t[i] = i * i end
print(#t, t[1], t[150], t[300], t[301], t[0], t[-1])
local sum = 0
for i = 1, #t do sum = sum + t[i] end
print(sum)
for i = 1, 300 do t[i] = t[301 - i] end
print(t[1], t[300], t[150], t[151])
for i = #t, 101, -1 do t[i] = nil end
print(#t, t[100], t[101])
for i = 1, 100 do t[#t + 1] = i end
print(#t, t[200])
local u = {10, 20, 30, nil}
print(#u, u[3], u[4])
u[#u + 1] = 40
print(#u, u[4])
u[#u] = nil
print(#u)
