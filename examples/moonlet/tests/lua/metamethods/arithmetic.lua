-- Operators on objects: who is asked, in which order, and what comes of it.
local log = {}
local function tag(v) if type(v) == 'table' then return v.tag end return tostring(v) end
local events = {'add', 'sub', 'mul', 'div', 'mod', 'pow', 'unm', 'idiv', 'band', 'bor', 'bxor', 'shl', 'shr', 'bnot'}
local function make(name)
  local mt = {}
  for _, event in ipairs(events) do
    mt['__' .. event] = function(x, y) return name .. ':' .. event .. '(' .. tag(x) .. ',' .. tag(y) .. ')' end
  end
  return setmetatable({tag = name}, mt)
end
local a, b = make('A'), make('B')
for _, pair in ipairs {{a, b}, {b, a}, {a, 1}, {2.5, a}, {a, '10'}, {'x', b}} do
  local x, y = pair[1], pair[2]
  print(x + y, x - y, x * y, x / y, x % y, x ^ y, x // y)
  print(x & y, x | y, x ~ y, x << y, x >> y)
end
print(-a, ~b, a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a / 2, 2 / a, a % 3, 3 % a, a // 4, 4 // a, a ^ 2, 2 ^ a)
print(a + 1.5, 1.5 * a, a & 7, 7 | a, a << 1, 1 >> a, a ~ 1.0)
print(a + nil == nil, pcall(function() return nil + a end))

-- One result, nil if there is none.
local r = setmetatable({}, {__add = function() return 1, 2, 3 end, __sub = function() end, __mul = select})
print((r + 1), r + 1) print(r - 1)

-- A vector in a hot loop.
local V = {}
V.__index = V
local function vec(x, y) return setmetatable({x = x, y = y}, V) end
V.__add = function(p, q) return vec(p.x + q.x, p.y + q.y) end
V.__sub = function(p, q) return vec(p.x - q.x, p.y - q.y) end
V.__mul = function(p, q)
  if type(p) == 'number' then return vec(p * q.x, p * q.y) end
  if type(q) == 'number' then return vec(p.x * q, p.y * q) end
  return p.x * q.x + p.y * q.y
end
V.__unm = function(p) return vec(-p.x, -p.y) end
local p, d = vec(0, 0), vec(1, 2)
for i = 1, 200 do p = p + d * 2 - -d + i * d end
print(p.x, p.y, p * d)

-- A metamethod that comes in the middle of a loop, and one that goes.
local late = setmetatable({}, {})
local ok = 0
for i = 1, 100 do
  if i == 40 then getmetatable(late).__add = function(x, y) return 1 end end
  if i == 80 then getmetatable(late).__add = nil end
  if pcall(function() return late + i end) then ok = ok + 1 end
end
print(ok)
local kinds, sum = {1, 2.5, '3', setmetatable({}, {__add = function(x, y) return type(x) == 'table' and 10 or x + 10 end})}, 0
for i = 1, 200 do sum = sum + (kinds[i % 4 + 1] + 1) end
print(sum)
for i = 1, 100 do sum = sum + kinds[4] end print(sum)

-- Callable objects and functions of the library as metamethods.
local callable = setmetatable({}, {__call = function(self, x, y) return 'called', self ~= x end})
local c = setmetatable({}, {__add = callable, __sub = rawequal, __mul = math.max, __unm = type, __idiv = rawlen, __concat = rawequal})
print(c + 1, c - c, c - 1, -c, c // 1, c .. c)
print(pcall(function() return c * 1 end))
local n = 0 for i = 1, 100 do if c - c then n = n + #(-c) end end print(n)

-- Strings convert by their own metamethods.
print('10' + 5, '3' * '4', 10 - '2', '2' ^ 2, -'3', '7' // 2, '7' % '4', '0x10' + 0, '1e1' + 0)
local s = 0 for i = 1, 100 do s = s + '2' + ('1' .. i) end print(s)
local old = getmetatable('').__add
getmetatable('').__add = function(x, y) return x .. '+' .. y end
print('a' + 'b', 'a' + 1, 1 + 'a', '1' + 2)
getmetatable('').__add = old
print('1' + 2, old('3', 4), pcall(old, 'x', 1), pcall(old, 'x', {}))
print(old('5', setmetatable({}, {__add = function(x, y) return x, 'y' end})))
