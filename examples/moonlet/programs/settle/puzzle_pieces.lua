-- puzzle solver: deep recursion over a bit board, small unpredictable branches at every level.
local ROUNDS = tonumber((...)) or 60

-- Fills a board of 5 by 6 cells with pieces of three and four cells, each used once.
local WIDTH, HEIGHT = 5, 6
local FULL = (1 << (WIDTH * HEIGHT)) - 1
local shapes = {
  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 0, 1 } },
  { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 2, 1 } },
  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 1, 1 } },
  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 } },
  { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } },
  { { 0, 0 }, { 1, 0 }, { 2, 0 } },
  { { 0, 0 }, { 1, 0 }, { 0, 1 } },
  { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 2 } },
}

local function turned(cells, turn)
  local out = {}
  for i, c in ipairs(cells) do
    local x, y = c[1], c[2]
    if turn & 1 ~= 0 then x, y = y, x end
    if turn & 2 ~= 0 then x = -x end
    if turn & 4 ~= 0 then y = -y end
    out[i] = { x, y }
  end
  return out
end

-- For every cell and piece the masks whose lowest cell it is.
local placements = {}
for cell = 0, WIDTH * HEIGHT - 1 do
  placements[cell] = {}
  for piece, cells in ipairs(shapes) do
    local list, seen = {}, {}
    for turn = 0, 7 do
      local shape = turned(cells, turn)
      for _, from in ipairs(shape) do
        local mask, fits = 0, true
        for _, c in ipairs(shape) do
          local x = cell % WIDTH + c[1] - from[1]
          local y = cell // WIDTH + c[2] - from[2]
          if x < 0 or x >= WIDTH or y < 0 or y >= HEIGHT then fits = false break end
          mask = mask | (1 << (y * WIDTH + x))
        end
        if fits and mask & ((1 << cell) - 1) == 0 and not seen[mask] then
          seen[mask] = true
          list[#list + 1] = mask
        end
      end
    end
    placements[cell][piece] = list
  end
end

local function lonely(board)
  -- An empty cell without an empty neighbour.
  for cell = 0, WIDTH * HEIGHT - 1 do
    if board & (1 << cell) == 0 then
      local x, free = cell % WIDTH, false
      if x > 0 and board & (1 << (cell - 1)) == 0 then free = true
      elseif x < WIDTH - 1 and board & (1 << (cell + 1)) == 0 then free = true
      elseif cell >= WIDTH and board & (1 << (cell - WIDTH)) == 0 then free = true
      elseif cell + WIDTH < WIDTH * HEIGHT and board & (1 << (cell + WIDTH)) == 0 then free = true end
      if not free then return true end
    end
  end
  return false
end

local visited, solved, limit
local function solve(board, used, cell)
  if visited >= limit then return end
  visited = visited + 1
  while board & (1 << cell) ~= 0 do
    cell = cell + 1
    if cell >= WIDTH * HEIGHT then solved = solved + 1 return end
  end
  for piece = 1, #shapes do
    if used & (1 << piece) == 0 then
      local list = placements[cell][piece]
      for i = 1, #list do
        local mask = list[i]
        if board & mask == 0 then
          local next = board | mask
          if next == FULL then
            solved = solved + 1
          elseif not lonely(next) then
            solve(next, used | (1 << piece), cell)
          end
        end
      end
    end
  end
end

local sum = 0
for r = 1, ROUNDS do
  visited, solved, limit = 0, 0, 90
  -- Begins with two cells taken, others in each round.
  local first, second = r * 7 % 30, r * 11 % 30
  solve((1 << first) | (1 << second), 0, 0)
  sum = (sum * 31 + visited * 7 + solved) % 1000000007
end
print(sum)
