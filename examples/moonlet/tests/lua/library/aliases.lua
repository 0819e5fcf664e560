-- Library functions kept in locals, upvalues, fields and arguments.
local floor = math.floor
local lib = {f = math.floor, g = string.sub, h = table.concat}
local function apply(f, ...) return f(...) end
local s = 0
for i = 1, 300 do
  s = s + floor(i / 2) + lib.f(i / 3) + apply(math.floor, i / 4) + apply(floor, i)
end
print(s)
print(lib.g("hello", 2, 3), lib.h({1, 2}, "-"), apply(apply, floor, 2.5))
local fs = {math.floor, math.ceil, math.abs, function(x) return x * 2 end, tostring, tonumber}
local n = 0
for i = 1, 300 do n = n + fs[i % 6 + 1](i + 0.5) end
print(n)
math.floor = function(x) return -1 end
for i = 1, 200 do n = n + math.floor(i) + floor(i) end
print(n)
