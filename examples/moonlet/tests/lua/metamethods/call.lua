-- Objects that are called: plain calls, tail calls, methods, chains, loops, pcall, sort and gsub.
local Adder = {}
Adder.__index = Adder
Adder.__call = function(self, x, y) return self.base + (x or 0) * (y or 1) end
local function adder(base) return setmetatable({base = base}, Adder) end

local a, sum = adder(1), 0
for i = 1, 200 do sum = sum + a(i) + a(i, 2) + a() end
print(sum)

-- Results: none, many, cut, filled up; extra arguments.
local t = setmetatable({}, {__call = function(self, ...) return select('#', ...), ... end})
print(t(1, nil, 3)) print((t(7, 8))) print(t()) print(select('#', t(nil, nil)))
local x, y, z, w = t('a') print(x, y, z, w)
local list = {t(1, 2), t(3, 4)} print(#list, list[1], list[2], list[3], list[4])
local none = setmetatable({}, {__call = function() end})
print(none(), (none())) print(select('#', none()))

-- The object itself comes first, in tail calls, too.
local me = setmetatable({name = 'me'}, {__call = function(self, ...) return self.name, ... end})
local function tail(...) return me(...) end
local function tail2(n) if n == 0 then return me(n) end return tail2(n - 1) end
print(tail(1, 2, 3)) print(tail2(50)) print((tail(nil)))
local last
for i = 1, 100 do last = tail(i) end
print(last)

-- A metamethod that is itself an object.
local inner = setmetatable({tag = 'inner'}, {__call = function(self, obj, ...)
  return self.tag, obj.tag, ... end})
local outer = setmetatable({tag = 'outer'}, {__call = inner})
local outest = setmetatable({tag = 'outest'}, {__call = outer})
print(outer(1, 2))
print(select('#', pcall(outest, 'x')), (select(3, pcall(outest, 'x'))))
local count = 0
for i = 1, 100 do local _, _, n = outer(i) count = count + n end
print(count)

-- Methods, fields and items.
local obj = {f = a, [1] = a}
function obj:g(x) return self.f(x) end
for i = 1, 3 do print(obj.f(i), obj[1](i, i), obj:g(i)) end
local holder = {m = me}
print(holder:m(5) == 'me')

-- Iterators.
local range = setmetatable({}, {__call = function(self, limit, i)
  if i < limit then return i + 1, i * i end end})
local total = 0
for i, sq in range, 100, 0 do total = total + i + sq end
print(total)
for k in setmetatable({n = 0}, {__call = function(self) self.n = self.n + 1
  if self.n < 4 then return self.n end end}) do print(k) end

-- Functions of the library.
print(pcall(me, 1, 2)) print(pcall(pcall, me, 3))
print(select(2, pcall(pcall, pcall, a, 4)))
local less = setmetatable({}, {__call = function(_, x, y) return x > y end})
local l = {3, 1, 2, 5, 4} print(pcall(table.sort, l, less))
table.sort(l, function(x, y) return less(x, y) end) print(table.concat(l, ' '))
print((('abc'):gsub('%w', setmetatable({}, {__call = function(_, c) return c .. c end}))) == 'aabbcc'
  or 'a table is indexed')
print(xpcall(me, print, 'x'))
local p = setmetatable({}, {__call = math.max}) print(pcall(p, 1))
local r = setmetatable({}, {__call = rawget, x = 1}) r.k = 'v' print(r('k'), (r('none')))
local function sub() local s = setmetatable({}, {__call = select}) return s('#', 1) end print(pcall(sub))
local pc = setmetatable({}, {__call = pcall}) print(pc(1), (select(2, pc(2))))
local ty = setmetatable({}, {__call = type}) for i = 1, 50 do assert(ty(i) == 'table') end print(ty())

-- Hot loops where the metatable changes, or the callee.
local h = setmetatable({}, {__call = function() return 1 end})
local n = 0
for i = 1, 120 do
  if i == 60 then getmetatable(h).__call = function() return 100 end end
  if i == 90 then setmetatable(h, {__call = function(_, v) return v end}) end
  n = n + h(i)
end
print(n)
local fs, m = {function(v) return v end, a, me.name and adder(10)}, 0
for i = 1, 300 do m = m + fs[i % 3 + 1](i) end
print(m)
local flip = setmetatable({}, {__call = function(self, i)
  if i == 70 then setmetatable(self, {__call = function(_, j) return -j end}) end return i end})
local s = 0 for i = 1, 100 do s = s + flip(i) end print(s)
