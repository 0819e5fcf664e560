-- Recursion of several shapes.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end
local function gcd(a, b) if b == 0 then return a end return gcd(b, a % b) end
local function power(x, n)
  if n == 0 then return 1 end
  local half = power(x, n // 2)
  if n % 2 == 0 then return half * half end
  return half * half * x
end
print(fib(18), ack(2, 6), gcd(1071, 462), power(3, 13))
local s = 0
for i = 1, 200 do s = s + gcd(i * 12, 18 + i) + power(2, i % 20) end
print(s)
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(1000), depth(5000))
local function hanoi(n, a, b, c) if n == 0 then return 0 end return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) end
print(hanoi(9, "a", "b", "c"))
