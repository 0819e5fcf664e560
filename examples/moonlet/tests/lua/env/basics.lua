-- _ENV as a variable: upvalue, local, parameter, assigned, captured; names in messages.
print(_ENV == _G, _ENV.print == print)
x = 1
print(_ENV.x, _ENV["x"], rawget(_ENV, "x"))
_ENV.y = 2
print(y)
do
  local _ENV = {print = print, x = "inner"}
  print(x, y)
  y = 5
  print(_ENV.y, y)
end
print(y)
local function with(_ENV) return a + b end
local sum = 0
for i = 1, 200 do sum = sum + with {a = i, b = 1} end
print(sum)
local function set(_ENV, v) value = v return function() value = value + 1 return value end end
local t = {}
local up = set(t, 10)
print(up(), up(), t.value)
local tostring, pcall, error, print = tostring, pcall, error, print
print(pcall(function() local _ENV = nil; return x end))
print(pcall(function() local _ENV = nil; x = 1 end))
print(pcall(function() local _ENV = {}; x.y = 1 end))
print(pcall(function() local _ENV = {}; x() end))
print(pcall(function() local _ENV = {}; return x + 1 end))
print(pcall((function(_ENV) return function() return z.w end end)({})))
print(pcall(function() local _ENV <const> = 5; return x end))
print(pcall(function() local _ENV = setmetatable({}, {__index = function(_, k) error("no " .. k, 2) end}); return undefined end))
do
  local env = setmetatable({}, {__index = _G})
  local _ENV = env
  function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end
  print(f(15), env.f == f)
end
print(f)
for _, _ENV in pairs {{v = 1}, {v = 2}} do print(v) end
local sandbox = {print = print}
print(load("x = 1; print(x); y = x", "sandbox", "t", sandbox)())
print(sandbox.x, sandbox.y, x)
print(pcall(load("return x", "nothing", "t", nil)))
print(pcall(load("x = 1", "nothing", "t", nil)))
print(pcall(load("return x.y", "=e", "t", {})))
print(pcall(load("x.y.z()", "=e", "t", {x = {}})))
print(pcall(load("return x", "=e", "t", "text")))
print(load("return _ENV", "=e", "t", sandbox)() == sandbox, load("return _ENV")() == _G)
local count = load("n = (n or 0) + 1 return n", "=c", "t", {})
for i = 1, 99 do count() end
print(count())
local a = load("local f = ... _ENV = {print = f} print(x) x = 5 print(x) return _ENV", "=a")
local e1, e2 = a(print), a(print)
print(e1 == e2, e1.x, x)
