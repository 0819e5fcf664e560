-- Metatables that change while their metamethods run, and recursion through them.
local t = setmetatable({n = 0}, {})
local first, second
first = {__add = function(x, y) setmetatable(x, second) return 'first' end}
second = {__add = function(x, y) setmetatable(x, first) return 'second' end}
setmetatable(t, first)
local ones = 0 for i = 1, 100 do if t + 1 == 'first' then ones = ones + 1 end end print(ones)
local mt = {}
local o = setmetatable({}, mt)
mt.__index = function(t, k) mt.__index = function(t, k) mt.__index = nil return 'second' end return 'first' end
print(o.x, o.x, o.x)
mt.__lt = function(x, y) mt.__lt = nil return true end print(o < o, pcall(function() return o < o end))
-- Recursion.
local fact = setmetatable({}, {__call = function(self, n) if n <= 1 then return 1 end return n * self(n - 1) end})
local sum = 0 for i = 1, 50 do sum = sum + fact(i % 10) end print(sum)
local fib = setmetatable({}, {__index = function(t, n) local v = n < 3 and 1 or t[n - 1] + t[n - 2] rawset(t, n, v) return v end})
print(fib[80])
local lin = setmetatable({}, {__add = function(x, n) if n == 0 then return 0 end return n + (x + (n - 1)) end,
  __concat = function(x, n) if n == 0 then return '' end return n .. (x .. (n - 1)) end,
  __lt = function(x, n) if n == 0 then return false end return not (x < n - 1) end,
  __len = function(x) return 3 end, __unm = function(x) return #x end})
print(lin + 100, lin .. 12, lin < 101, -lin)
-- Endless recursion is an error that can be caught.
local loops = {
  setmetatable({}, {__index = function(t, k) return t[k + 1] .. '' end}),
  setmetatable({}, {__add = function(t, k) return (t + k) + 1 end}),
  setmetatable({}, {__call = function(t) return t() + 1 end}),
  setmetatable({}, {__eq = function(x, y) return not (x == y) end}),
}
local function says(f) local ok, text = pcall(f) print(ok, text:match('stack overflow')) end
says(function() return loops[1][1] end) says(function() return loops[2] + 1 end)
says(loops[3]) says(function() return loops[4] == setmetatable({}, getmetatable(loops[4])) end)
-- Errors that are caught in metamethods, and metamethods in pcall in metamethods.
local guard = setmetatable({}, {__add = function(x, y)
  local ok, e = pcall(function() return x - y end) return ok and e or 'caught' end,
  __sub = function(x, y) if y % 2 == 0 then error('even') end return y end})
local caught, total = 0, 0
for i = 1, 100 do local v = guard + i if v == 'caught' then caught = caught + 1 else total = total + v end end
print(caught, total)
-- Metamethods in the functions that the library calls.
local list = {} for i = 1, 20 do list[i] = setmetatable({v = i * 7 % 20}, {__lt = function(x, y) return x.v < y.v end, __sub = function(x, y) return x.v - y.v end}) end
table.sort(list, function(x, y) return x - y < 0 end) print(list[1].v, list[20].v)
print((('a1b2'):gsub('%d', function(d) return setmetatable({}, {__add = function(_, v) return v * 2 end}) + tonumber(d) end)))
-- Variadic metamethods and ones with other numbers of parameters.
local v = setmetatable({}, {__add = function(...) return select('#', ...) end, __sub = function(x) return x ~= nil end,
  __mul = function(x, y, z) return z end, __index = function(...) return select('#', ...) end, __call = function(...) return select('#', ...) end,
  __newindex = function(...) print(select('#', ...)) end, __concat = function(...) return select('#', ...) end, __eq = function(...) return ... end})
for i = 1, 60 do assert(v + 1 == 2 and v - 1 and v * 1 == nil and v.x == 2 and v[1] == 2 and v(1, 2) == 3 and v .. 1 == 2) end
v.x = 1 print(v == setmetatable({}, getmetatable(v)))
