-- Order and equality of objects; results are truth values.
local mt = {}
mt.__lt = function(x, y) return (type(x) == 'table' and x.v or x) < (type(y) == 'table' and y.v or y) end
mt.__le = function(x, y) return (type(x) == 'table' and x.v or x) <= (type(y) == 'table' and y.v or y) and 'yes' or nil end
mt.__eq = function(x, y) return x.v == y.v and 1 or nil end
local function obj(v) return setmetatable({v = v}, mt) end
local a, b, c = obj(1), obj(2), obj(1)
print(a < b, b < a, a <= b, b <= a, a > b, a >= b, a < c, a <= c)
print(a == c, a == b, a ~= c, a ~= b, a == a, not (a == c), a == 1, 1 == a, a ~= nil, rawequal(a, c))
print(a < 5, 5 < a, a <= 1, 1 <= a, a > 0, 0 > a, a >= 1, 1 >= a, a < 1.5, 0.5 >= a)
if a < b then print 'less' end if not (b < a) then print 'not less' end
while a >= b do print 'never' end
local n = 0 repeat n = n + 1; a.v = n until a > b print(n) a.v = 1

-- Only of two tables, and the first operand is asked first.
local log = {}
local function mk(name) return setmetatable({}, {__eq = function() log[#log + 1] = name return true end,
  __lt = function() log[#log + 1] = name .. '<' return 0 end, __le = function() log[#log + 1] = name .. '<=' end}) end
local p, q, plain = mk 'p', mk 'q', {}
print(p == q, q == p, p == plain, plain == p, plain == {}, p == 'x', p < q, q < p, p > q, p <= q, q >= p, plain < p, p < plain)
print(table.concat(log, ' '))

-- Sorting, and hot loops in which the kinds change.
local list = {} for i = 1, 40 do list[i] = obj(i * 17 % 41) end
table.sort(list) local s = {} for i, v in ipairs(list) do s[i] = v.v end print(table.concat(s, ' '))
table.sort(list, function(x, y) return x > y end) print(list[1].v, list[40].v)
local lt, le, eq = 0, 0, 0
for i = 1, 200 do
  local x, y = obj(i % 7), i % 3 == 0 and obj(i % 5) or i % 5
  if x < y then lt = lt + 1 end
  if y <= x then le = le + 1 end
  if x == y then eq = eq + 1 end
end
print(lt, le, eq)
local e, plain1, plain2 = 0, setmetatable({}, {}), setmetatable({}, {})
for i = 1, 150 do
  if i == 50 then getmetatable(plain1).__eq = function() return i % 2 == 0 end end
  if i == 100 then getmetatable(plain1).__eq = nil end
  if plain1 == plain2 then e = e + 1 end
  if plain1 ~= plain2 then e = e + 1000 end
end
print(e)
local u = setmetatable({}, {__eq = rawequal, __lt = rawequal, __le = function() return false end})
print(u == setmetatable({}, getmetatable(u)), u < u, u <= u, u > 1)
print(math.max(1, 2), pcall(math.max, 1, u))
-- A metatable with more fields than a shape has.
local big = {} for i = 1, 100 do big['k' .. i] = i end
big.__eq = function() return true end big.__lt = function() return true end big.__add = function(x, y) return 'sum' end
big.__call = function(self, ...) return select('#', ...) end big.__len = function() return 42 end big.__concat = function(x, y) return 'cat' end
local B, C = setmetatable({}, big), setmetatable({}, big)
print(B == C, B ~= C, B < C, B + 1, 1 + B, B(), B(1, 2), #B, B .. 1, 'a' .. B .. 'b', pcall(B, 1))
local m = 0 for i = 1, 100 do if B == C then m = m + B(i) + #B end end print(m)
big.__eq = nil big.__lt = nil print(B == C, pcall(function() return B < C end))
for i = 1, 2 do print(pcall(function() return B - 1 end)) end
-- Without `__le`, the opposite of `__lt`, as lua5.4 has it where it is compatible with 5.3.
local only = {__lt = function(x, y) return (type(x) == 'table' and x.v or x) < (type(y) == 'table' and y.v or y) end}
local v1, v2 = setmetatable({v = 1}, only), setmetatable({v = 2}, only)
print(v1 <= v2, v2 <= v1, v1 >= v2, v2 >= v1, v1 <= v1, v1 <= 1, 1 >= v1, v1 <= 0.5, not (v1 <= v2))
local les = 0
for i = 1, 150 do
  local o = setmetatable({v = i % 11}, only)
  if o <= v2 then les = les + 1 end
  if 5 >= o then les = les + 100 end
  if i == 75 then only.__le = function() return false end end
end
print(les)
