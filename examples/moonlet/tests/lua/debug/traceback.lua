-- What has called what, by the names of the callers.
local function f() local x = debug.traceback("hi") return x end
print((f()))
function g() local t = debug.traceback("x", 1) return t end
print((g()))
local t = {a = {b = {}}}
function t.m() local x = debug.traceback("m") return x end
function t:n() local x = debug.traceback("n") return x end
t.a.b.g = function() local x = g() return x end
print((t.m())) print((t:n())) print((t.a.b.g()))
print(debug.traceback(nil)) print(debug.traceback(12)) print(debug.traceback(true))
print(debug.traceback(t) == t, debug.traceback(print) == print)
print(debug.traceback("m", 100)) print(debug.traceback("m", -1)) print(debug.traceback("m", 0))
print(pcall(debug.traceback, "a", "b"))
local function deep(n)
  if n == 0 then local x = debug.traceback("deep") return x end
  local r = deep(n - 1)
  return r
end
for _, n in ipairs{5, 18, 19, 20, 21, 40} do print((deep(n))) end
print(pcall(function() local x = debug.traceback("p", 0) print(x) end))
print(pcall(pcall, function() print(debug.traceback("pp")) end))
local m = setmetatable({}, {
  __index = function() print(debug.traceback("index")) return 1 end,
  __add = function() print(debug.traceback("add")) return 1 end,
  __call = function() print(debug.traceback("call")) return 1 end,
})
local _ = m.x, m + 1
for i in function(s, c) if c then return nil end print(debug.traceback("iter")) return 1 end do end
load("print(debug.traceback('loaded'))", "=chunk")()
load("print(debug.traceback('loaded'))", "return 1\n+2")()
package.loaded.module = {inner = function() print(debug.traceback("module")) end}
package.loaded.module.inner()
-- Above a trace.
local function inner(n) if n == 60 then return (debug.traceback("inlined")) end return nil end
local function outer(n) local x = inner(n) return x end
for n = 1, 80 do
  local x = outer(n)
  if x then print(x) end
end
