-- short run: a function that calls itself twice and little else.
local ROUNDS = tonumber((...)) or 180

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local sum = 0
for r = 1, ROUNDS do sum = (sum * 3 + fib(15 + r % 2)) % 1000000007 end
print(sum)
