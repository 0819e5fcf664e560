-- Strings and functions as chunks, names, modes, environments, errors.
print(load("return 1 + 1")())
print(load("return ...", "name")(1, 2, 3))
print(select("#", load("x = 5")()), x)
print(load("x ="))
print(load("x =", "=(mine)"))
print(load("x =", "@file.lua"))
print(load("\n\nx = = 1", "two\nlines"))
print(load("x =", "=" .. ("n"):rep(80)))
print(load("x =", "@" .. ("d"):rep(50) .. "/" .. ("f"):rep(20)))
print(load("x = " .. (" "):rep(60) .. "=="))
for length = 43, 47 do print(load(("x"):rep(length))) end
print(load("#x"), load(5))
print(load("return 1", "x", "b"))
print(load("\27Lua", "x", "t"))
print(pcall(load))
print(pcall(load, {}))
print(pcall(load, "x", {}))
-- Readers.
local function reader(...)
  local pieces, at = {...}, 0
  return function() at = at + 1; return pieces[at] end
end
print(load(reader("return ", "1", "0", " + ", "5"))())
print(load(reader("return 'a", "b'", "", "syntax error"))())
print(load(reader("x ", "= ", "=")))
print(load(reader("x ", "= ", "="), "named"))
print(pcall(load(reader("error('e')"))))
print(pcall(function() return load(function() error("in reader") end) end))
print(pcall(function() return type(select(2, load(function() error({}) end))) end))
print(pcall(function() return load(function() return {} end) end))
print(type(load(reader())))
-- Errors at run time.
print(pcall(load("local a; a.b = 1")))
print(pcall(load("\n\nerror('here')", "=chunk")))
print(pcall(load("local function f() error('deep', 2) end f()", "@c.lua")))
print(pcall(load("nosuch()")))
print(pcall(load("return nosuch.field")))
-- Functions out of chunks.
local f = load("local n = ... return function() n = n + 1 return n end")
local a, b = f(10), f(20)
print(a(), a(), b(), b(), a())
-- The same text makes new functions.
local one, two = load("return function() end"), load("return function() end")
print(one == two, one() == one())
-- Varargs, recursion, loads in loads.
print(load("return select('#', ...)")(nil, nil))
print(load("return load('return load(\"return 42\")()')()")())
fib = load("local n = ... if n < 2 then return n end return fib(n - 1) + fib(n - 2)")
print(fib(16))
