-- `xpcall`: what it passes on, what its handler gets, and yields across both.
local function show(...) return select("#", ...), ... end
local function handler(e) return "handled " .. tostring(e), "dropped" end
print(xpcall(show, handler))
print(xpcall(show, handler, 1, nil, 3, nil))
print(xpcall(error, handler, "x"))
print(xpcall(error, handler, "x", 0))
print(xpcall(error, handler))
print(xpcall(function() error("in a function") end, handler))
print(xpcall(function() local t = nil; t.x = 1 end, handler))
print(xpcall(print, handler, "a", "builtin"))
print(xpcall(nil, handler))
print(xpcall(error, function() end, 1))
print(xpcall(error, tostring, 12))
print(xpcall(error, print, "printed"))
print(pcall(xpcall))
print(pcall(xpcall, print))
print(pcall(function() xpcall(print) end))
print(pcall(function() xpcall(print, 1) end))
print(pcall(function() return xpcall(print, {}) end))
print(type(xpcall), select("#", xpcall(function() end, print)))
print(pcall(xpcall, error, handler, "in pcall"))
print(xpcall(pcall, handler, error, "pcall inside"))
print(xpcall(xpcall, handler, error, handler, "twice"))
print(xpcall(function() return xpcall(error, error, "again") == false end, handler))

local co = coroutine.wrap(function(...)
  local r = table.pack(xpcall(function(...)
    local a, b = coroutine.yield(...)
    local c = coroutine.yield(a + b)
    error("after " .. c, 0)
  end, function(e)
    local more = coroutine.running() ~= nil
    return e .. " handled " .. tostring(more)
  end, ...))
  print(r.n, r[1], r[2])
  print(xpcall(coroutine.yield, handler, "as it is"))
  return "end"
end)
print(co(1, 2))
print(co(3, 4))
print(co(5))
print(co("back", nil, "and more"))

local s, bad = 0, 0
local co = coroutine.wrap(function()
  for i = 1, 300 do
    local ok, v = xpcall(function(j)
      local x = coroutine.yield(j)
      if x % 5 == 0 then error(x) end
      return x
    end, function(e) return -e end, i)
    if ok then s = s + v else bad = bad + v end
  end
  return nil
end)
local v = co()
while v do v = co(v) end
print(s, bad)

-- As lua5.4 does it in its own tests.
local f = function(_, i) return coroutine.yield(i) end
local co = coroutine.wrap(function()
  return xpcall(pcall, function(...) return ... end, function()
    local sum = 0
    for i in f, nil, 1 do pcall(function() sum = sum + i end) end
    error({sum})
  end)
end)
co()
for i = 1, 10 do assert(co(i) == i) end
local r1, r2, v = co(nil)
print(r1, r2, v[1])
local function over() return 1 + over() end
local ok, e = xpcall(over, function(e) return e:match("stack overflow") end)
print(ok, e)
