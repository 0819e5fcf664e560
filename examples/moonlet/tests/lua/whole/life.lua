-- Conway's game on a torus.
local N = 2
local W, H = 16, 16
local g = {}
for y = 1, H do
  g[y] = {}
  for x = 1, W do
    g[y][x] = (x * 7 + y * 13 + x * y) % 5 == 0 and 1 or 0
  end
end
for gen = 1, N do
  local n = {}
  for y = 1, H do
    local r = {}
    local up, me, dn = g[(y - 2) % H + 1], g[y], g[y % H + 1]
    for x = 1, W do
      local l, rr = (x - 2) % W + 1, x % W + 1
      local c = up[l] + up[x] + up[rr] + me[l] + me[rr] + dn[l] + dn[x] + dn[rr]
      if c == 3 or (c == 2 and me[x] == 1) then
        r[x] = 1
      else
        r[x] = 0
      end
    end
    n[y] = r
  end
  g = n
end
local c = 0
for y = 1, H do
  for x = 1, W do
    c = c + g[y][x]
  end
end
print(c)
