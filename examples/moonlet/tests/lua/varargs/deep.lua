-- Extra arguments of many running functions at once, of functions that have returned, and of an
-- endless recursion, which ends where the stack would be full.
-- stress: no (all of them are marked at every allocation)
local function down(n, ...)
  if n == 0 then return select("#", ...) end
  return down(n - 1, n, ...) + select("#", ...)
end
print(down(150))
for i = 1, 20 do down(150, i) end
print(down(150, "a", "b"))
local function plain(n)
  if n == 0 then return down(100) end
  return 1 + plain(n - 1)
end
for i = 1, 5 do print(plain(i)) end
local depth = 0
local function more(...)
  depth = depth + 1
  return 1 + more(depth, ...)
end
print((pcall(more)))
print(depth > 1000 and depth < 2000)
-- Everything that held is gone.
depth = 0
print((pcall(more)))
print(depth > 1000 and depth < 2000)
print(down(150))
-- forced: 1 (with fewer forced, each of very many calls leaves by a long chain of traces)
