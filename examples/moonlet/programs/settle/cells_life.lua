-- cellular automata: sums over neighbours and rules by nested ifs, on three grids with other rules.
local ROUNDS = tonumber((...)) or 90

local WIDTH, HEIGHT = 20, 12
local function grid(f)
  local g = {}
  for y = 1, HEIGHT do
    g[y] = {}
    for x = 1, WIDTH do g[y][x] = f(x, y) end
  end
  return g
end
local function around(g, x, y)
  local s = 0
  for dy = -1, 1 do
    local row = g[(y + dy - 1) % HEIGHT + 1]
    for dx = -1, 1 do
      if dx ~= 0 or dy ~= 0 then s = s + row[(x + dx - 1) % WIDTH + 1] end
    end
  end
  return s
end
local rules = {
  function(c, n) if c == 1 then if n == 2 or n == 3 then return 1 end return 0 end if n == 3 then return 1 end return 0 end,
  function(c, n) if n % 2 == 1 then return 1 - c end return c end,
  function(c, n) if n > 4 then return 1 elseif n < 3 then return 0 end return c end,
}
local grids = {}
for k = 1, 3 do grids[k] = grid(function(x, y) return (x * 7 + y * 13 + k * x * y) % 5 < 2 and 1 or 0 end) end
local sum = 0
for r = 1, ROUNDS do
  local k = r % 3 + 1
  local g, rule = grids[k], rules[(r // 3 + k) % 3 + 1]
  local alive = 0
  grids[k] = grid(function(x, y)
    local c = rule(g[y][x], around(g, x, y))
    alive = alive + c
    return c
  end)
  if alive == 0 or alive == WIDTH * HEIGHT then grids[k][1][1] = 1 - grids[k][1][1] grids[k][2][1] = 1 - alive // 240 end
  sum = (sum * 31 + alive) % 1000000007
end
print(sum)
