-- Tail calls pass on all results and take any number of arguments.
local function id(...) return ... end
local function pass(...) return id(...) end
local function pass2(...) return pass(...) end
print(pass2(1, nil, 3), pass2(), (pass2(1, 2)))
print(pass2(1, nil, 3))
local function swap(a, b, n) if n == 0 then return a, b end return swap(b, a, n - 1) end
print(swap("a", "b", 301))
print(swap("a", "b", 300))
local function grow(n, ...) if n == 0 then return select("#", ...) end return grow(n - 1, n, ...) end
print(grow(50))
local function to_builtin(x) return tostring(x) end
local function to_pcall(f, ...) return pcall(f, ...) end
local s = 0
for i = 1, 200 do s = s + #to_builtin(i) end
print(s, to_pcall(id, 1, 2), to_pcall(error, "x"))
local function maybe(i) if i % 3 == 0 then return id(i, i) end return (id(i, i)) end
local n = 0
for i = 1, 300 do n = n + select("#", maybe(i)) end
print(n)
print(pcall(function() return nil_function() end))
