-- Floats with integer values serve as keys, bits and loop bounds.
local t = {}
for i = 1, 200 do t[i + 0.0] = i end
print(#t, t[1], t[200], t[2.0], t[2.5])
t[2^53] = "big"
print(t[2^53], t[9007199254740992])
for i = 1.0, 3 do print(i) end
for i = 1, 3.7 do print(i) end
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger(2^63))
print(1.0 | 2, pcall(function() return 1.5 | 2 end))
print(pcall(function() return 2^63 | 0 end))
print(string.rep("x", 3.0), pcall(string.rep, "x", 1.5))
print(math.type(1), math.type(1.0), math.type("1"), math.type(2^31 // 1))
