-- new code for ever: every round composes new functions out of new functions, each called a few dozen times.
local ROUNDS = tonumber((...)) or 160

local function adder(n) return function(x) return x + n end end
local function scaler(n) return function(x) return x * n % 100003 end end
local function compose(f, g) return function(x) return f(g(x)) end end
local function choice(f, g, n) return function(x) if x % n == 0 then return f(x) end return g(x) end end
local function repeated(f, n)
  return function(x)
    for i = 1, n do x = f(x) end
    return x
  end
end

local seed = 31
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local function make(depth)
  if depth == 0 then
    if random(2) == 0 then return adder(random(1000)) end
    return scaler(random(1000) + 1)
  end
  local n = random(3)
  if n == 0 then return compose(make(depth - 1), make(depth - 1)) end
  if n == 1 then return choice(make(depth - 1), make(depth - 1), random(5) + 2) end
  return repeated(make(depth - 1), random(4) + 1)
end

local sum = 0
for r = 1, ROUNDS do
  local f = make(4)
  local x = r
  for i = 1, 25 do x = f(x + i) end
  sum = (sum * 31 + x) % 1000000007
end
print(sum)
