-- classes with metamethods, driven by coroutines, built by load, under pcall, in hot loops
local Vec = {}
Vec.__index = Vec
Vec.__name = "Vec"
local function vec(x, y) return setmetatable({x = x, y = y}, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end
Vec.__mul = function(a, b)
  if type(a) == "number" then return vec(a * b.x, a * b.y) end
  if type(b) == "number" then return vec(a.x * b, a.y * b) end
  return a.x * b.x + a.y * b.y
end
Vec.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vec.__lt = function(a, b) return a * a < b * b end
Vec.__le = function(a, b) return a * a <= b * b end
Vec.__tostring = function(v) return "(" .. v.x .. "," .. v.y .. ")" end
Vec.__concat = function(a, b) return tostring(a) .. tostring(b) end
Vec.__len = function(v) return v.x + v.y end
Vec.__call = function(v, k) return v.x * k, v.y * k end
Vec.__unm = function(v) return vec(-v.x, -v.y) end

local gen = load([[
  local n, step = ...
  return coroutine.wrap(function()
    for i = 1, n, step do
      if i % 37 == 0 then local ok, e = pcall(error, {i}) coroutine.yield(e[1]) else coroutine.yield(i) end
    end
  end)
]])
local acc = vec(0, 0)
for i in gen(600, 1) do
  acc = acc + vec(i, 1) * 2
  if i % 100 == 0 then print(acc, #acc, acc(2)) end
  if vec(i, 0) < vec(300, 0) and -vec(i, i) == vec(-i, -i) then acc = acc + vec(1, 0) end
end
print(acc .. "|" .. acc)
-- changing the metatable's functions in the middle of a hot loop
local s = 0
for i = 1, 400 do
  if i == 200 then Vec.__add = function(a, b) return vec(a.x - b.x, a.y - b.y) end end
  local v = vec(i, i) + vec(1, 2)
  s = s + v.x - v.y
end
print(s)
-- yields across pcall, metamethods and iterators
local P = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end,
  __add = function(a, b) return coroutine.yield("add") end,
  __lt = function() return coroutine.yield("lt") end,
  __concat = function() return coroutine.yield("cat") end,
  __call = function(self, a) return coroutine.yield(a) end})
local co = coroutine.wrap(function()
  local r = {}
  for i = 1, 100 do
    local ok, v = pcall(function() return P[i] + 1 end)
    r[#r + 1] = tostring(v)
    r[#r + 1] = tostring(P + 1)
    r[#r + 1] = tostring(P < P)
    r[#r + 1] = P .. "x"
    r[#r + 1] = tostring(P(i))
  end
  return table.concat(r, " ")
end)
local x = co()
local n = 0
while true do
  n = n + 1
  local nxt
  if type(x) == "number" then nxt = n % 7 == 0 and "zz" or x else nxt = x end
  x = co(nxt)
  if type(x) == "string" and #x > 10 then break end
end
print(n, #x, x:sub(1, 120))
-- deep recursion through metamethods
local d = setmetatable({}, {__index = function(t, k) if k == 0 then return "end" end return t[k - 1] end})
print(d[150])
print(pcall(function() local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1] end))
