-- Ten thousand at a time, and collections with many that wait at all depths.
local live = {}
for i = 1, 10000 do
  local co = coroutine.wrap(function(a)
    local mine = {i}
    while true do
      a = a + coroutine.yield(mine[1] + a)
    end
  end)
  co(i)
  live[i] = co
end
collectgarbage()
local sum = 0
for round = 1, 3 do
  for i = 1, #live do sum = sum + live[i](round) end
end
print(sum)
live = nil

-- What is alive only through frames that were put aside.
local function deep(n, keep)
  if n == 0 then
    local last = {"bottom"}
    coroutine.yield(keep)
    return last[1]
  end
  local mine = {n}
  local below = deep(n - 1, {keep})
  return below .. mine[1]
end
local waiting = {}
for i = 1, 50 do
  waiting[i] = coroutine.create(deep)
  assert(coroutine.resume(waiting[i], i % 20, {}))
end
for _ = 1, 5 do
  collectgarbage()
  local junk = {}
  for i = 1, 200 do junk[i] = {i, "x" .. i} end
end
local ends = {}
for i = 1, 50 do ends[i] = select(2, coroutine.resume(waiting[i])) end
print(table.concat(ends, " ", 1, 24))

-- What nobody knows any more goes, also what knows itself.
local function cycle()
  local co
  co = coroutine.create(function() local own = co coroutine.yield() return own end)
  coroutine.resume(co)
end
collectgarbage()
local before = collectgarbage("count")
for _ = 1, 3000 do cycle() end
collectgarbage()
print(collectgarbage("count") - before < 100)

-- Each goes a little further in every round.
local ring = {}
for i = 1, 64 do
  ring[i] = coroutine.create(function()
    local s = {}
    for j = 1, 40 do
      s[#s + 1] = {i * j}
      coroutine.yield(s[#s][1])
    end
    return #s
  end)
end
local total = 0
while #ring > 0 do
  for i = #ring, 1, -1 do
    local _, v = coroutine.resume(ring[i])
    total = total + v
    if coroutine.status(ring[i]) == "dead" then table.remove(ring, i) end
  end
end
print(total)
