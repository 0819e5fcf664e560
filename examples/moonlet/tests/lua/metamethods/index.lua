-- `__index` and `__newindex` that are functions, in loops; functions of the library in their places.
local calls = 0
local t = setmetatable({}, {__index = function(t, k) calls = calls + 1 return k end})
local s = 0
for i = 1, 100 do s = s + t[i] + #t.name + (t[i .. ''] == i .. '' and 1 or 0) end
print(s, calls)
local log = {}
local w = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k; rawset(t, k, v) end})
for i = 1, 60 do w[i] = i w.x = i w['y' .. i % 3] = i end
print(#log, w.x, w.y0, w[60])
local always = setmetatable({}, {__newindex = function(t, k, v) s = s + (v or 0) end})
for i = 1, 100 do always.x = i always[i] = 1 always.x = nil end
print(s == s, next(always))
print(pcall(function() for i = 1, 50 do always.x = i end always.y = nil end))
-- Methods that come from functions.
local class = {f = function(self, n) return self.v + n end}
local o = setmetatable({v = 1}, {__index = function(_, k) return class[k] end})
local n = 0 for i = 1, 100 do n = n + o:f(i) end print(n)
-- Globals.
setmetatable(_G, {__index = function(_, k) return 'no ' .. k end, __newindex = function(t, k, v) rawset(t, k, v and v * 2) end})
for i = 1, 50 do unknown1 = i end print(unknown1, unknown2)
unknown3 = 5 print(unknown3) unknown3 = 6 print(unknown3)
setmetatable(_G, nil) print(unknown4)
-- Chains, nil results, several results.
local base = setmetatable({}, {__index = function(t, k) if k == 'none' then return end return t.here, 2 end, here = 1})
rawset(base, 'here', 'base')
local mid = setmetatable({}, {__index = base})
local top = setmetatable({}, {__index = mid})
for i = 1, 50 do assert(top.x == 'base' and top.none == nil and top.here == 'base') end
print(top.x, (top.none), top.here, top[1])
print(rawget(top, 'x'), rawlen(top), next(top), rawequal(top.x, 'base'))
-- Functions of the library.
local store = {a = 1}
local r = setmetatable({}, {__index = rawget, __newindex = rawset}) print(r.x) r.x = 5 print(r.x)
local sel = setmetatable({}, {__index = select}) print(pcall(function() return sel.x end))
local ty = setmetatable({}, {__index = type, __newindex = print}) print(ty.a, ty[1])
for i = 1, 30 do assert(ty[i] == 'table' and ty.x == 'table') end
local g = setmetatable({}, {__index = string.gsub}) print(pcall(function() return g.x end))
local so = setmetatable({3, 1, 2}, {__index = table.sort}) print(pcall(function() return so[true] end))
local pc = setmetatable({}, {__index = pcall}) print(pc.x)
-- Strings.
print(('x'):rep(3), ('abc').len == string.len, ('abc').upper == string.upper, ('%d'):format(7))
local sm = getmetatable('')
print(sm.__index == string, rawequal(sm, getmetatable('other')))
local q = 0 for i = 1, 60 do q = q + ('x'):rep(i):len() end print(q)
sm.__index = function(str, k) if type(k) == 'number' then return string.sub(str, k, k) end return string[k] end
print(('hello')[2], ('hello'):upper(), #('x'):rep(4)) local cs = {} for i = 1, 5 do cs[i] = ('hello')[i] end print(table.concat(cs, '.'))
local z = 0 for i = 1, 60 do z = z + #('ab'):rep(i) end print(z)
sm.__index = setmetatable({}, {__index = string}) print(('x'):rep(2)) for i = 1, 60 do z = z + #('a'):rep(i) end print(z)
sm.__index = nil print(pcall(function() return ('x'):rep(2) end)) print(pcall(function() return ('x')[1] end))
sm.__index = string
string.shout = function(s) return s:upper() .. '!' end print(('hi'):shout())
sm.__newindex = function(s, k, v) print('set', s, k, v) end ('abc').x = 1 local abc = 'abc' abc[1] = 2 sm.__newindex = nil
print(pcall(function() abc.x = 1 end))
