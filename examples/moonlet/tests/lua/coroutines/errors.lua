-- What resumptions fail with, and where errors say they are.
print(pcall(coroutine.resume, 1))
print(pcall(function() coroutine.resume(1) end))
print(pcall(function() return coroutine.resume(1) end))
print(pcall(function() local r = coroutine.resume r() end))
print(pcall(coroutine.yield, 1))
print(pcall(function() coroutine.yield() end))
print(pcall(function() coroutine.create(1) end))
print(pcall(function() coroutine.wrap() end))
print(pcall(function() coroutine.status(2) end))
local co = coroutine.create(function() error("x") end)
print(coroutine.resume(co))
print(coroutine.resume(co))
print(coroutine.close(co))
print(coroutine.close(co))
print(coroutine.status(co))
local object = setmetatable({}, {})
local co = coroutine.create(function() error(object) end)
local ok, e = coroutine.resume(co)
print(ok, e == object)
ok, e = coroutine.close(co)
print(ok, e == object)

-- Of a wrapped coroutine they come out where it is called.
local w = coroutine.wrap(function() error("x") end)
print(pcall(w))
print(pcall(w))
print(pcall(function() w() end))
print(pcall(function() return w() end))
local w = coroutine.wrap(function() coroutine.yield() local t = nil; return t.x end)
w()
print(pcall(function()
  w()
end))
local w = coroutine.wrap(function() error(object) end)
ok, e = pcall(w)
print(ok, e == object)
local outer = coroutine.wrap(function()
  local inner = coroutine.wrap(function() error("deep") end)
  inner()
end)
print(pcall(function() outer() end))
print(pcall(function()
  for v in coroutine.wrap(function() coroutine.yield(1) error("in a loop") end) do end
end))
print(pcall(function()
  local t = setmetatable({}, {__index = coroutine.wrap(function() error("in a metamethod") end)})
  return t.x
end))

-- Across functions of the library.
local w = coroutine.wrap(function() table.sort({1, 2, 3}, coroutine.yield) end)
print(pcall(w))
local w = coroutine.wrap(function() table.sort({1, 2, 3}, function() coroutine.yield() end) end)
print(pcall(w))
print(coroutine.wrap(function() return pcall(string.gsub, "a", "a", coroutine.yield) end)())
print(pcall(string.gsub, "a", "a", coroutine.yield))
-- A coroutine of its own may yield there.
local w = coroutine.wrap(function()
  local t = {3, 1, 2}
  table.sort(t, function(a, b)
    local less = coroutine.wrap(function() coroutine.yield(a < b) end)
    return less()
  end)
  coroutine.yield(table.concat(t))
  error("after")
end)
print(w())
print(pcall(w))

-- Who resumes whom.
local co
co = coroutine.create(function() return coroutine.resume(co) end)
print(coroutine.resume(co))
local main = coroutine.running()
print(coroutine.resume(main))
print(coroutine.wrap(function() return coroutine.resume(main) end)())
local a, b
a = coroutine.create(function() return coroutine.resume(b) end)
b = coroutine.create(function() return coroutine.status(a), coroutine.resume(a) end)
print(coroutine.resume(a))
local function rec(n)
  local co = coroutine.create(rec)
  local ok, x, y = coroutine.resume(co, n + 1)
  if not ok then return n, x end
  return x, y
end
print(rec(0))
print(pcall(coroutine.wrap(error), "as it is"))
print(pcall(coroutine.wrap(pcall), error, "caught"))
print(select("#", coroutine.wrap(print)()))
-- What finds no room is an error of the coroutine alone.
local function over() return 1 + over() end
local co = coroutine.create(over)
local ok, e = coroutine.resume(co)
print(ok, e:match("stack overflow"))
local co = coroutine.create(function()
  for _ = 1, 3 do
    local ok, e = pcall(over)
    coroutine.yield(ok, e:match("stack overflow"))
  end
  return "end"
end)
for _ = 1, 4 do print(coroutine.resume(co)) end
