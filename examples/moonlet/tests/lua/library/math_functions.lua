-- The math library.
print(math.abs(-5), math.abs(5), math.abs(-5.5), math.abs(math.mininteger), math.abs(-0.0))
print(math.ceil(1.2), math.ceil(-1.2), math.ceil(5), math.ceil(2^53), math.floor(1.8), math.floor(-1.8), math.floor(5))
print(math.floor(1e100), math.ceil(-1e100), math.floor(-0.5), math.ceil(-0.5), math.floor(2^62) == 2^62)
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(7.5, 2), math.fmod(-7.5, 2), math.fmod(1, math.huge))
print(math.max(1, 5, 3), math.max(1.5, 2), math.max(2, 2.0), math.min(4, 2, 8), math.min(1, 1.0), math.max(-1))
print(math.modf(3.7), math.modf(-3.7), math.modf(5), math.modf(math.huge), math.modf(-math.huge))
print(math.sqrt(16), math.sqrt(2), math.sqrt(0), math.sqrt(-1) ~= math.sqrt(-1))
print(math.pi, math.huge, -math.huge, math.maxinteger, math.mininteger)
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger(7), math.tointeger({}))
print(math.type(1), math.type(1.0), math.type("x"), math.type(nil))
print(math.ult(1, 2), math.ult(-1, 2), math.ult(2, -1), math.ult(0, 0))
print(pcall(math.type))
print(pcall(math.fmod, 1, 0))
print(math.fmod(1, 0.0) ~= math.fmod(1, 0.0), math.fmod(math.mininteger, -1), math.fmod(5, math.mininteger))
local s, f = 0, 0
for i = 1, 300 do
  s = s + math.floor(i / 3) + math.ceil(i / 7) + math.abs(150 - i) + math.max(i, 100) - math.min(i, 200)
  f = f + math.sqrt(i) + math.fmod(i, 7) + (math.modf(i / 4))
end
print(s, string.format("%.9f", f))
