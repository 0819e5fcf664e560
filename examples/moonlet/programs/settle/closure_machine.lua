-- interpreter for another language: code compiled to closures; two call sites that hundreds of closures pass.
local ROUNDS = tonumber((...)) or 220

local function constant(n) return function() return n end end
local function variable(name) return function(env) return env[name] end end
local function binary(op, a, b)
  if op == "+" then return function(env) return a(env) + b(env) end end
  if op == "-" then return function(env) return a(env) - b(env) end end
  if op == "*" then return function(env) return a(env) * b(env) % 10007 end end
  if op == "<" then return function(env) return a(env) < b(env) end end
  return function(env) return a(env) // (b(env) * b(env) + 1) end
end
local function assign(name, value) return function(env) env[name] = value(env) end end
local function sequence(list)
  return function(env) for i = 1, #list do list[i](env) end end
end
local function branch(test, yes, no)
  return function(env) if test(env) then yes(env) else no(env) end end
end
local function loop(name, from, to, body)
  return function(env)
    for i = from, to(env) do
      env[name] = i
      body(env)
    end
  end
end

local seed = 11
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local names = { "a", "b", "c", "d", "e" }
local ops = { "+", "-", "*", "/" }
local function expression(depth)
  local n = depth == 0 and random(2) or random(5)
  if n == 0 then return constant(random(100)) end
  if n == 1 then return variable(names[random(5) + 1]) end
  return binary(ops[random(4) + 1], expression(depth - 1), expression(depth - 1))
end
local statement
local function statements(depth, n)
  local list = {}
  for i = 1, n do list[i] = statement(depth) end
  return sequence(list)
end
function statement(depth)
  local n = depth == 0 and 0 or random(4)
  if n <= 1 then return assign(names[random(5) + 1], expression(2)) end
  if n == 2 then
    return branch(binary("<", expression(1), expression(1)), statements(depth - 1, 2), statements(depth - 1, 2))
  end
  return loop(names[random(5) + 1], 1, constant(random(4) + 1), statements(depth - 1, 2))
end

local programs = {}
for p = 1, 12 do programs[p] = statements(3, 4) end
local sum = 0
for r = 1, ROUNDS do
  local env = { a = r, b = 2, c = 3, d = 5, e = 7 }
  for p = 1, #programs do programs[p](env) end
  sum = (sum * 31 + env.a + env.b * 3 + env.c * 5 + env.d * 7 + env.e * 11) % 1000000007
end
print(sum)
