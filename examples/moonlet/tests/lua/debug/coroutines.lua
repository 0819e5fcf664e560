-- A coroutine's levels are its own.
print(coroutine.wrap(function() local x = debug.traceback("co") return x end)())
local function f() local x = debug.traceback("in f") return x end
local co = coroutine.create(function() local x = f() coroutine.yield(x) local y = f() return y end)
print(coroutine.resume(co)) print(coroutine.resume(co))
local function nested() return select(2, coroutine.resume(coroutine.create(f))) end
for i = 1, 40 do local x = nested() if i % 20 == 0 then print(x) end end
co = coroutine.create(function() print(debug.traceback(coroutine.running(), "self")) print(debug.traceback(coroutine.running(), "self", 1)) end)
coroutine.resume(co)
print(debug.traceback(coroutine.running(), "main"))
