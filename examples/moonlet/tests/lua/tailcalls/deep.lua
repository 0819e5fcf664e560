-- Tail calls take no stack.
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
print(loop(100000, 0))
local even, odd
function even(n) if n == 0 then return "even" end return odd(n - 1) end
function odd(n) if n == 0 then return "odd" end return even(n - 1) end
print(even(100001), odd(100001))
local states = {}
function states.a(n, log) if n == 0 then return log end return states.b(n - 1, log + 1) end
function states.b(n, log) if n == 0 then return -log end return states.c(n - 1, log + 2) end
function states.c(n, log) if n == 0 then return 0 end return states.a(n - 1, log + 3) end
print(states.a(30000, 0), states.a(30001, 0), states.a(30002, 0))
local obj = {n = 0}
function obj:run(k) self.n = self.n + k if k == 0 then return self.n end return self:run(k - 1) end
print(obj:run(2000))
-- forced: 1 (with fewer forced, each of very many calls leaves by a long chain of traces)
