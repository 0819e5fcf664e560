-- A chunk that assigns _ENV: all its globals are fields of what the variable holds.
local print, pcall, setmetatable, G = print, pcall, setmetatable, _G
x = 1
local function get() return x end
print(get())
_ENV = {x = 2}
print(get(), G.x)
local function swap(e) _ENV = e end
swap {x = 3}
print(get(), x)
for i = 1, 100 do swap {x = i} end
print(x)
local sum = 0
_ENV = setmetatable({}, {__index = G})
for i = 1, 300 do n = i; sum = sum + n end
print(sum, G.n)
_ENV = nil
print(pcall(function() return x end))
print(pcall(function() x = 5 end))
print(pcall(function() y() end))
_ENV = G
print(x, n)
do local _ENV = {}; z = 1 end
print(z)
