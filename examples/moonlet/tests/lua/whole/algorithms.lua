-- Sorting, counting, matrices, a search on a grid, checksums, lists, recursion, generators.
local function qsort(t, lo, hi, lt)
  if lo < hi then
    local p = t[(lo + hi) // 2]
    local i, j = lo, hi
    while i <= j do
      while lt(t[i], p) do
        i = i + 1
      end
      while lt(p, t[j]) do
        j = j - 1
      end
      if i <= j then
        t[i], t[j] = t[j], t[i]
        i = i + 1
        j = j - 1
      end
    end
    qsort(t, lo, j, lt)
    qsort(t, i, hi, lt)
  end
end
local seed = 42
local function rnd()
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed
end
local t = {}
for i = 1, 400 do
  t[i] = rnd() % 1000
end
qsort(t, 1, #t, function(a, b)
  return a < b
end)
local ok = true
for i = 2, #t do
  if t[i - 1] > t[i] then
    ok = false
  end
end
print(ok, t[1], t[200], t[400])
local w = {}
for i = 1, 60 do
  w[i] = "w" .. rnd() % 97
end
qsort(w, 1, #w, function(a, b)
  return a > b
end)
print(w[1], w[30], w[60])
local count = {}
for _, x in ipairs(w) do
  count[x] = (count[x] or 0) + 1
end
local d = 0
for k, v in pairs(count) do
  d = d + v
end
print(d)
-- matrix, floats & ints mixed
local function mm(a, b, n)
  local c = {}
  for i = 1, n do
    local ci = {}
    for j = 1, n do
      local s = 0
      for k = 1, n do
        s = s + a[i][k] * b[k][j]
      end
      ci[j] = s
    end
    c[i] = ci
  end
  return c
end
local n = 9
local A, B = {}, {}
for i = 1, n do
  A[i], B[i] = {}, {}
  for j = 1, n do
    A[i][j] = (i * j) % 7
    B[i][j] = (i + j) % 2 == 0 and i or i / 2
  end
end
local C = mm(A, B, n)
local tr = 0
for i = 1, n do
  tr = tr + C[i][i]
end
print(tr)
-- heap, bfs on grid
local W, H = 20, 12
local g = {}
for y = 1, H do
  g[y] = {}
  for x = 1, W do
    g[y][x] = rnd() % 4 == 0 and 1 or 0
  end
end
g[1][1] = 0
local dist = {}
local qx, qy, h = { 1 }, { 1 }, 1
dist[1 * 1000 + 1] = 0
while h <= #qx do
  local x, y = qx[h], qy[h]
  h = h + 1
  local dd = dist[y * 1000 + x]
  for i = 1, 4 do
    local nx = x + (i == 1 and 1 or i == 2 and -1 or 0)
    local ny = y + (i == 3 and 1 or i == 4 and -1 or 0)
    if
      nx >= 1
      and nx <= W
      and ny >= 1
      and ny <= H
      and g[ny][nx] == 0
      and not dist[ny * 1000 + nx]
    then
      dist[ny * 1000 + nx] = dd + 1
      qx[#qx + 1] = nx
      qy[#qy + 1] = ny
    end
  end
end
print(#qx, dist[H * 1000 + W])
-- string building, byte ops, crc
local crc = 0xffffffff
local s = string.rep("hello world ", 8)
for i = 1, #s do
  crc = crc ~ s:byte(i)
  for _ = 1, 8 do
    if crc & 1 == 1 then
      crc = (crc >> 1) ~ 0xEDB88320
    else
      crc = crc >> 1
    end
  end
end
print(string.format("%08x", ~crc & 0xffffffff))
local parts = {}
for i = 1, 60 do
  parts[#parts + 1] = string.char(97 + i % 26) .. i
end
print(#table.concat(parts), table.concat(parts, "", 1, 10))
-- linked list reverse, ackermann, hanoi, coroutine-free generator
local l
for i = 1, 1000 do
  l = { v = i, n = l }
end
local r
while l do
  local nx = l.n
  l.n = r
  r = l
  l = nx
end
print(r.v, r.n.v)
local function ack(m, n)
  if m == 0 then
    return n + 1
  elseif n == 0 then
    return ack(m - 1, 1)
  else
    return ack(m - 1, ack(m, n - 1))
  end
end
print(ack(2, 4))
local moves = 0
local function hanoi(n, a, b, c)
  if n > 0 then
    hanoi(n - 1, a, c, b)
    moves = moves + 1
    hanoi(n - 1, c, b, a)
  end
end
hanoi(7, "a", "b", "c")
print(moves)
local function gen(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then
      return i, i * i
    end
  end
end
local ss = 0
for a, b in gen(1000) do
  ss = ss + a + b
end
print(ss)
local life = {}
for i = 0, 255 do
  life[i] = (i * 7 + 3) % 5 == 0
end
for gn = 1, 4 do
  local nx = {}
  for i = 0, 255 do
    local l, c, r = life[(i - 1) % 256], life[i], life[(i + 1) % 256]
    nx[i] = l ~= (c or r)
  end
  life = nx
end
local cc = 0
for i = 0, 255 do
  if life[i] then
    cc = cc + 1
  end
end
print(cc)
