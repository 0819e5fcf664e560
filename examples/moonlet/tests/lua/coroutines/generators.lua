-- Generators in every form that loops take them.
local function range(n)
  return coroutine.wrap(function()
    for i = 1, n do coroutine.yield(i) end
  end)
end
local sum = 0
for i in range(500) do sum = sum + i end
print(sum)

-- Permutations: yields from the depth of a recursion.
local function permgen(a, n)
  n = n or #a
  if n <= 1 then
    coroutine.yield(a)
  else
    for i = 1, n do
      a[n], a[i] = a[i], a[n]
      permgen(a, n - 1)
      a[n], a[i] = a[i], a[n]
    end
  end
end
local count, check = 0, 0
for p in coroutine.wrap(function() permgen({1, 2, 3, 4, 5, 6}) end) do
  count = count + 1
  check = (check * 31 + p[1] * 10 + p[6]) % 1000003
end
print(count, check)

-- A tree, walked by generators that resume generators, and by one that recurses.
local function build(depth)
  if depth == 0 then return nil end
  return {left = build(depth - 1), value = depth, right = build(depth - 1)}
end
local function walk(tree)
  if tree then
    for v in coroutine.wrap(function() walk(tree.left) end) do coroutine.yield(v) end
    coroutine.yield(tree.value)
    for v in coroutine.wrap(function() walk(tree.right) end) do coroutine.yield(v) end
  end
end
local function flat(tree)
  if tree then
    flat(tree.left)
    coroutine.yield(tree.value)
    flat(tree.right)
  end
end
local tree = build(7)
local a, b = {}, {}
for v in coroutine.wrap(function() walk(tree) end) do a[#a + 1] = v end
for v in coroutine.wrap(function() flat(tree) end) do b[#b + 1] = v end
print(#a, #b, table.concat(a) == table.concat(b), table.concat(a, "", 1, 40))

-- Several values, and none.
local gen = coroutine.wrap(function(...)
  print("began", ...)
  print("got", coroutine.yield())
  print("got", coroutine.yield(1))
  print("got", coroutine.yield(1, nil))
  print("got", coroutine.yield(1, nil, 3, nil))
  return "done", nil, 7
end)
print(gen(1, nil, 3))
print(gen("a", nil))
print(gen())
print(select("#", gen(nil)))
print(gen(table.unpack({}, 1, 100)))

-- As many values as fit in no frame that the compiler has planned.
local many = coroutine.wrap(function(...)
  local n = select("#", ...)
  while true do n = select("#", coroutine.yield(n, ...)) end
end)
local list = {}
for i = 1, 500 do list[i] = i end
print(many(table.unpack(list)), select("#", many(table.unpack(list))), many(1, 2))

-- The sieve of generators.
local function numbers() return coroutine.wrap(function() for i = 2, 300 do coroutine.yield(i) end end) end
local function filter(p, gen)
  return coroutine.wrap(function()
    for n in gen do if n % p ~= 0 then coroutine.yield(n) end end
  end)
end
local x, primes = numbers(), {}
while true do
  local p = x()
  if p == nil then break end
  primes[#primes + 1] = p
  x = filter(p, x)
end
print(#primes, primes[#primes])

-- Yields at the end of functions, and of resumptions.
local function last(v) return coroutine.yield(v) end
local function again(co, v) return coroutine.resume(co, v) end
local co = coroutine.create(function(v) while true do v = last(v + 1) end end)
local v = 0
for _ = 1, 300 do _, v = again(co, v) end
print(v)
