-- Tables as maps with keys of every type.
local t = {}
local f = function() end
local u = {}
t[1], t[1.5], t["1"], t[true], t[false], t[f], t[u], t[print] = "int", "float", "string", "true", "false", "f", "u", "print"
print(t[1], t[1.5], t["1"], t[true], t[false], t[f], t[u], t[print])
print(t[1.0], t[{}], t[function() end], t[nil])
t[1.0] = "same as one"
print(t[1])
for i = -100, 100 do t[i * 1000] = i end
local sum = 0
for i = -100, 100 do sum = sum + t[i * 1000] end
print(sum, t[-100000], t[100000], t[0])
for i = -100, 100 do t[i * 1000] = nil end
print(t[1000], t[0], t[1], next({}))
t[2^53] = 1
t[-2^53] = 2
t[1e300] = 3
t[math.huge], t[-math.huge] = 4, 5
print(t[2^53], t[-2^53], t[1e300], t[math.huge], t[-math.huge], t[-0.0], t[0])
