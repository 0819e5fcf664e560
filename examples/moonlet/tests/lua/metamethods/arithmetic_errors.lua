-- Errors of operators: names, and who is to blame.
-- traces: none (errors only)
local function try(f, ...) print(pcall(f, ...)) end
local l, g2 = setmetatable({}, {}), {}
g = {}
local r = {x = {}, y = 'text'}
local k = 'key'
try(function() return l + 1 end) try(function() return 1 + l end) try(function() return g - g2 end)
try(function() return r.x * 2 end) try(function() return r.z / 2 end) try(function() return 2 // r.x end)
try(function() return r[k] % 2 end) try(function() return -r.x end) try(function() return ~g end)
try(function() return 1 & 1.5 end) try(function() return 1.5 | l end) try(function() return 'a' ~ 1 end)
try(function() return 1 << {} end) try(function() return 2 ^ nil end) try(function() return r.y + 1 end)
try(function() return 'a' + 1 end) try(function() return {} + '1' end) try(function() return '1' + {} end)
try(function() return 'x' * 'y' end) try(function() return -'x' end) try(function() return -{} end)
try(function() return 1 + print end) try(function() return true + 1 end)
try(function() return l .. 'x' end) try(function() return 'x' .. l end) try(function() return 1 .. {} end)
try(function() return 'a' .. 'b' .. nil .. 'c' end) try(function() return 'a' .. r.z .. 'c' end)
try(function() return r.x .. r.z end) try(function() return #5 end) try(function() return #r.z end)
try(function() return #l.x end)
try(function() return l < 1 end) try(function() return l < l end) try(function() return 1 < l end)
try(function() return 'x' < 1 end) try(function() return 1 <= 'x' end) try(function() return l >= g end)
try(function() return nil > 1 end) try(function() return print < print end) try(function() return 2 > {} end)
try(function() return {} >= 2.5 end)
-- What metamethods raise, and metamethods that cannot be called.
local e = setmetatable({}, {__add = function(x, y) error('add') end, __sub = function(x, y) error('sub', 2) end,
  __mul = function(x, y) local z = nil; return z.f end, __lt = function() error({}) end, __le = 5, __concat = {},
  __len = true, __unm = function(x, y) error() end, __eq = 7, __idiv = 1, __band = 'x'})
try(function() return e + 1 end)
try(function()
  local x = e - 1
  return x end)
try(function() return e * 1 end) print(type(select(2, pcall(function() return e < 1 end))))
try(function() return e <= 1 end) try(function() return e .. 1 end) try(function() return #e end)
try(function() return -e end) try(function() return e == setmetatable({}, getmetatable(e)) end)
try(function() return e // 1 end) try(function() return 1 & e end)
try(function() return setmetatable({}, {__index = 5}).x end)
try(function() setmetatable({}, {__newindex = 5}).x = 1 end)
try(function() return ('x').y.z end) try(function() ('x').y = 1 end)
local old = getmetatable('').__add
getmetatable('').__add = nil
try(function() return '1' + 1 end) try(function() return 1 + '1' end)
getmetatable('').__add = old
