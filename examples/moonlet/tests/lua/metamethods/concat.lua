-- Concatenation goes from right to left, two operands or a run of strings at a time. Chains with
-- several objects are tests of their own in `vm/tests.rs`, as Debian's lua5.4.4 takes wrong operands for some.
local log = {}
local function show(v) if type(v) == 'table' then return v.name end return '"' .. tostring(v) .. '"' end
local mt = {}
mt.__concat = function(x, y)
  log[#log + 1] = show(x) .. '..' .. show(y)
  return '<' .. show(x) .. show(y) .. '>'
end
local function obj(name) return setmetatable({name = name}, mt) end
local function said() local s = table.concat(log, ' ') log = {} return s end
local a, b = obj 'a', obj 'b'
local r = a .. b print(r, said())
r = 'x' .. 'y' .. a print(r, said())
r = a .. 'x' .. 'y' .. 'z' print(r, said())
r = a .. '' .. '' print(r, said())
r = 1 .. 2 .. a print(r, said())

-- Results that join, that do not, and none.
local s = setmetatable({}, {__concat = function(x, y) return type(x) == 'table' and 'S' .. tostring(y) or tostring(x) .. 'S' end})
print(s .. 1, 1 .. s, 'a' .. s .. 'b', 'a' .. 'b' .. s .. 'c' .. 'd', 1 .. 2 .. s)
local nothing = setmetatable({}, {__concat = function() end})
print(nothing .. 1, nothing .. nothing, pcall(function() return 'x' .. nothing .. 1 end))
local num = setmetatable({}, {__concat = function() return 7, 8 end})
print(num .. 1, 'x' .. num .. 1, math.type(num .. 'x'))
print(pcall(function() local q = nil return 'x' .. q .. s end))

-- In hot loops: one that is always there, one now and then, and an assignment to itself.
local text = setmetatable({n = 0}, {__concat = function(x, y)
  if type(x) == 'table' then x.n = x.n + #tostring(y) return x end
  y.n = y.n + 1 return y end})
local t = text
for i = 1, 100 do t = t .. i .. 'x' end
for i = 1, 100 do t = i .. t end
print(t.n)
