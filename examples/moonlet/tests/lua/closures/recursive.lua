-- Local functions that call themselves and each other through captured variables.
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end
local is_even, is_odd
function is_even(n) if n == 0 then return true end return is_odd(n - 1) end
function is_odd(n) if n == 0 then return false end return is_even(n - 1) end
print(fact(10), is_even(100), is_odd(100))
local n = 0
for i = 1, 200 do
  n = n + fact(i % 10)
  if is_even(i % 20) then n = n + 1 end
end
print(n)
local fib
fib = function(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(15))
local old = fib
fib = function() return 1 end
print(old(15), fib(15))
