-- `__tostring` and `__name` in tostring, print, string.format and messages.
local function named(name) return setmetatable({}, {__name = name}) end
local t = setmetatable({v = 1}, {__tostring = function(self) return '<' .. self.v .. '>' end})
print(t, tostring(t), ('%s|%5s|%.1s|%-6s|'):format(t, t, t, t))
print(1, t, nil, t, 'x', t) print((tostring(t)))
for i = 1, 60 do t.v = i assert(tostring(t) == '<' .. i .. '>') end
local s = '' for i = 1, 60 do s = s .. tostring(i % 3 == 0 and t or i) .. ('%s%d'):format(t, i) end print(#s)
print(('%s %% %d %s'):format(t, 5, 'end'), ('%q'):format('q'))
print(pcall(string.format, '%s %d', t, 'x')) print(pcall(string.format, '%d', t)) print(pcall(string.format, '%s %s', t))
print((tostring(named 'My.Type'):gsub('0x%x+', 'PTR')), (tostring(named(5)):gsub('0x%x+', 'PTR')))
print((('%s'):format(named 'X'):gsub('0x%x+', 'PTR')))
print(pcall(tostring, setmetatable({}, {__tostring = function() return {} end})))
print(pcall(print, 'first', setmetatable({}, {__tostring = function() return end})))
print(tostring(setmetatable({}, {__tostring = function() return 12 end})) == '12', math.type(12))
print(tostring(setmetatable({}, {__tostring = function() return 'one', 'two' end})))
print(pcall(tostring, setmetatable({}, {__tostring = function() error('oops') end})))
print(pcall(tostring, setmetatable({}, {__tostring = function() error({}) end})) == false)
print(tostring(setmetatable({}, {__tostring = setmetatable({}, {__call = function(self, o) return type(o) .. '!' end})})))
print(tostring(setmetatable({}, {__tostring = type})), pcall(tostring, setmetatable({}, {__tostring = 5})))
local nested = setmetatable({}, {__tostring = function(self) return 'n(' .. tostring(t) .. ')' end}) print(nested)
local late = setmetatable({}, {}) local n = 0
for i = 1, 60 do if i == 30 then getmetatable(late).__tostring = function() return 'late' end end if tostring(late) == 'late' then n = n + 1 end end print(n)
-- Names in messages.
local function try(f, ...) print(pcall(f, ...)) end
N = named 'My.Type'
try(function() return N + 1 end) try(function() return N & 1 end) try(function() return -N end) try(function() return N < N end)
try(function() return N < 1 end) try(function() return 1 <= N end) try(function() return N .. 'x' end) try(function() N() end)
try(function() return N < named 'Other' end) try(function() return N < {} end) try(function() return {} < named 'table' end)
try(function() for i = 1, N do end end) try(function() for i = N, 2 do end end) try(function() for i = 1, 2, N do end end)
try(function() for k in N do end end) try(function() string.rep(N) end) try(function() ('x'):rep(N) end) try(math.floor, N)
try(function() setmetatable(1, N) end) try(function() table.sort({N, N}) end) try(table.concat, {N}) try(math.max, N, 1) try(ipairs)
try(function() return #named(5) + {} end) try(function() return io.stdout + 1 end) try(string.rep, io.stdout) try(function() return N + '1' end)
-- `__metatable`.
local p = setmetatable({}, {__metatable = 'locked', __tostring = function() return 'p' end})
print(getmetatable(p), pcall(setmetatable, p, {}), pcall(setmetatable, p, nil), p)
print(getmetatable(setmetatable({}, {__metatable = false}))) print(getmetatable('').__name, pcall(setmetatable, 'x', {}))
-- `__pairs`.
local proxy = setmetatable({}, {__pairs = function(self) return function(_, k) k = (k or 0) + 1 if k < 4 then return k, k * k end end, self, nil end})
for k, v in pairs(proxy) do print(k, v) end
local more = setmetatable({a = 1}, {__pairs = function(self) return next, self, nil, 'fourth' end}) for k, v in pairs(more) do print(k, v) end
print(select('#', pairs(more)), select('#', pairs(setmetatable({}, {__pairs = function() end}))))
local sum = 0 for i = 1, 50 do for k, v in pairs(proxy) do sum = sum + v end end print(sum)
print(pcall(pairs, setmetatable({}, {__pairs = function() error('no pairs') end}))) print(pcall(pairs))
for k, v in pairs(setmetatable({x = 1}, {__index = {y = 2}})) do print(k, v) end
for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 4 then return i * 10 end end})) do print(i, v) end
print(rawequal(t, t), rawlen(proxy), rawget(proxy, 1), next(proxy), #rawset(proxy, 1, 'x'))
