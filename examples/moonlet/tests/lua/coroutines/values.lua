-- Coroutines as values, and what is asked of them.
local co = coroutine.create(print)
print(type(co), tostring(co):match("^thread: 0x%x+$") ~= nil, tostring(co) == tostring(co))
local other = coroutine.create(print)
print(co == other, co == co, rawequal(co, co), co ~= nil, not co)
local t = {[co] = 1, [other] = 2}
t[co] = t[co] + 10
print(t[co], t[other])
print(pcall(function() return co.x end))
print(pcall(function() return co + 1 end))
print(pcall(function() return co < other end))
print(pcall(function() return co() end))
print(pcall(function() return #co end))
print(type(coroutine.resume), type(coroutine.yield), type(coroutine.wrap(print)))

print(coroutine.isyieldable(), select(2, coroutine.running()), type((coroutine.running())))
print(coroutine.running() == coroutine.running(), coroutine.status(coroutine.running()))
local seen
local co
co = coroutine.create(function()
  local running, main = coroutine.running()
  print(running == co, main, coroutine.status(co), coroutine.isyieldable(), coroutine.isyieldable(co))
  local inner = coroutine.create(function() return coroutine.status(co), coroutine.isyieldable(co) end)
  print(coroutine.resume(inner))
  print(coroutine.status(inner), coroutine.status(co))
  local r = {3, 1, 2}
  table.sort(r, function(a, b) seen = coroutine.isyieldable() return a < b end)
  coroutine.yield(seen)
  print(pcall(coroutine.close, co))
end)
print(coroutine.status(co), coroutine.isyieldable(co))
print(coroutine.resume(co))
print(coroutine.status(co))
print(coroutine.resume(co))
print(coroutine.status(co))
local main = coroutine.running()
print(coroutine.wrap(function() return coroutine.status(main), pcall(function() coroutine.close(main) end) end)())
print(coroutine.close(coroutine.create(print)))
local co = coroutine.create(function() coroutine.yield(1) end)
coroutine.resume(co)
print(coroutine.close(co), coroutine.resume(co))

-- Variables that several share.
local n = 0
local function counter(step)
  return coroutine.wrap(function() while true do n = n + step coroutine.yield(n) end end)
end
local up, down = counter(3), counter(-2)
for _ = 1, 150 do up() down() end
print(n, up(), down())
