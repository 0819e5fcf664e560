-- What lua5.4 of Debian has besides, and what the others do at their edges.
local function try(f, ...) print(pcall(f, ...)) end
for _, x in ipairs { 0, 1, -1, 0.5, 2.5, 10, 1e10, -1e-10 } do
  print(string.format("%.12g %.12g %.12g", math.cosh(x / 10), math.sinh(x / 10), math.tanh(x)), math.frexp(x))
  print(math.log10(math.abs(x)), math.atan2(x, 2), math.pow(x, 2), math.ldexp(x, 3))
end
print(math.frexp(5e-324), math.frexp(2.2250738585072014e-308), math.frexp(1 / 0), math.frexp(-0.0), math.frexp(math.maxinteger))
print(math.ldexp(1, -1074), math.ldexp(1, -1075), math.ldexp(3, -1075), math.ldexp(1.5, -1074), math.ldexp(1, 1023), math.ldexp(1, 1024), math.ldexp(0, 5000), math.ldexp(5e-324, 2000), math.ldexp(1, "4"), math.ldexp(1, 1 << 40))
try(math.ldexp, 1) try(math.ldexp, 1, 1.5) try(math.ldexp, {}, 1) try(math.frexp) try(math.pow, 1) try(math.cosh) try(math.log10, "x") try(math.log10, "100")
print(math.pow(2, 0.5), math.pow(-8, 1 / 3) ~= math.pow(-8, 1 / 3), math.pow(0, 0), math.pow(2, -1074))
try(math.fmod, 1, 0) try(math.fmod, 5, -3) try(math.fmod, -5, 3) try(math.fmod, math.mininteger, -1) try(math.fmod, 5.5, 2) try(math.fmod, -5.5, 2) try(math.fmod, "7", 4)
try(math.modf, -3.7) try(math.modf, 1 / 0) try(math.modf, -1 / 0) try(math.modf, 5) try(math.modf, "2.5") try(math.modf, -0.5)
try(math.tointeger, "3") try(math.tointeger, 3.0) try(math.tointeger, 3.5) try(math.tointeger, {}) try(math.tointeger) try(math.tointeger, 2 ^ 63)
try(math.ult, 1, -1) try(math.ult, -1, 1) try(math.ult, 1.0, 2) try(math.ult, 1.5, 2) try(math.ult, 1)
local names = {}
for name in pairs(math) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
for _, library in ipairs { "string", "table", "os", "io", "utf8" } do
  names = {}
  for name in pairs(_G[library]) do names[#names + 1] = name end
  table.sort(names)
  print(library, table.concat(names, " "))
end
