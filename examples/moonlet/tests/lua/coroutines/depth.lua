-- Frames at all depths, put aside and put back elsewhere.
local function down(n)
  if n == 0 then return coroutine.yield("bottom") end
  local below = down(n - 1)
  return below + 1
end
for _, depth in ipairs {0, 1, 10, 200, 5000} do
  local co = coroutine.create(down)
  print(coroutine.resume(co, depth))
  local function up(n)
    if n == 0 then return coroutine.resume(co, 100) end
    local ok, v = up(n - 1)
    return ok, v
  end
  print(up(depth % 77))
end

-- Yields on the way down and up again.
local function stairs(n, sum)
  if n == 0 then return sum end
  sum = sum + coroutine.yield("down", n)
  sum = stairs(n - 1, sum)
  return sum + coroutine.yield("up", n)
end
for round = 1, 12 do
  local co = coroutine.wrap(function() return "end", stairs(30 + round, 0) end)
  local way, n = co()
  local ups = 0
  while way ~= "end" do
    if way == "up" then ups = ups + 1 end
    way, n = co(n)
  end
  if round % 4 == 0 then print(way, n, ups) end
end

-- Resumed from ever deeper places.
local gen = coroutine.wrap(function() local i = 0 while true do i = i + 1 coroutine.yield(i) end end)
local function deeper(n)
  if n == 0 then return gen() end
  return gen() + deeper(n - 1)
end
local sum = 0
for n = 1, 60 do sum = sum + deeper(n) end
print(sum)

-- Extra arguments and many locals on both sides.
local function spread(...)
  local a, b, c, d, e, f, g, h = ...
  local got = table.pack(coroutine.yield(h, g, f, e, d, c, b, a))
  return select("#", ...), got.n, a, h, ...
end
local co = coroutine.wrap(function(...)
  for _ = 1, 100 do spread(...) end
  return "end", spread(...)
end)
local n = 0
local h = co(1, 2, 3, 4, 5, 6, 7, 8, 9)
while h ~= "end" do
  n = n + h
  h = co(n, n)
end
print(n)
