-- A tail call whose callee changes from call to call.
local fs = {}
fs[1] = function(n, s) if n == 0 then return s end return fs[n % 3 + 1](n - 1, s + 1) end
fs[2] = function(n, s) if n == 0 then return s * 2 end return fs[n % 3 + 1](n - 1, s + 10) end
fs[3] = function(n, s, ...) if n == 0 then return s * 3, ... end return fs[n % 3 + 1](n - 1, s + 100, "extra") end
for n = 295, 305 do print(n, fs[1](n, 0)) end
