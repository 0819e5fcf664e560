-- Levels of errors that pass protected calls of builtins. -- traces: none (every function in it ends with an error)
print(pcall(error, "m"))
print(pcall(error, "m", 1))
print(pcall(error, "m", 2))
print(pcall(error, "m", 3))
local function f() print(pcall(error, "m", 3)) end
f()
local function g() error("x", 2) end
print(pcall(g))
local function h() g() end
print(pcall(h))
print(pcall(pcall, error, "m", 2))
print(pcall(pcall, error, "m", 3))
print(pcall(function() error("q", 3) end))
local function tail() return error("t", 2) end
print(pcall(tail))
local function k() return tail() end
print(pcall(function() k() end))
