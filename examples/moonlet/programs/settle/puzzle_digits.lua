-- puzzle solver: backtracking over candidate masks; which cell is next and which digit fits is never foreseen.
local ROUNDS = tonumber((...)) or 50

local grids = {
  "003020600900305001001806400008102900700000008006708200002609500800203009005010300",
  "200080300060070084030500209000105408000000000402706000301007040720040060004010003",
  "000000907000420180000705026100904000050000040000507009920108000034059000507000000",
}
local box = {}
for cell = 0, 80 do box[cell] = cell // 27 * 3 + cell % 9 // 3 end

local function bits(mask)
  local n = 0
  while mask ~= 0 do mask = mask & (mask - 1) n = n + 1 end
  return n
end

local rows, columns, boxes, grid, steps
local function solve()
  steps = steps + 1
  local best, fewest, choices = nil, 10, 0
  for cell = 0, 80 do
    if grid[cell] == 0 then
      local free = 511 & ~(rows[cell // 9] | columns[cell % 9] | boxes[box[cell]])
      local n = bits(free)
      if n < fewest then
        best, fewest, choices = cell, n, free
        if n <= 1 then break end
      end
    end
  end
  if not best then return true end
  local row, column, b = best // 9, best % 9, box[best]
  for digit = 1, 9 do
    local bit = 1 << (digit - 1)
    if choices & bit ~= 0 then
      grid[best] = digit
      rows[row], columns[column], boxes[b] = rows[row] | bit, columns[column] | bit, boxes[b] | bit
      if solve() then return true end
      rows[row], columns[column], boxes[b] = rows[row] & ~bit, columns[column] & ~bit, boxes[b] & ~bit
      grid[best] = 0
    end
  end
  return false
end

local function round(r)
  local text = grids[r % #grids + 1]
  rows, columns, boxes, grid, steps = {}, {}, {}, {}, 0
  for k = 0, 8 do rows[k], columns[k], boxes[k] = 0, 0, 0 end
  -- Digits take other names in each round.
  for cell = 0, 80 do
    local digit = text:byte(cell + 1) - 48
    if digit > 0 then
      digit = (digit + r) % 9 + 1
      local bit = 1 << (digit - 1)
      rows[cell // 9] = rows[cell // 9] | bit
      columns[cell % 9] = columns[cell % 9] | bit
      boxes[box[cell]] = boxes[box[cell]] | bit
    end
    grid[cell] = digit
  end
  local found = solve()
  local sum = found and steps or -steps
  for cell = 0, 80 do sum = (sum * 7 + grid[cell]) % 1000003 end
  return sum
end

local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round(r)) % 1000000007 end
print(sum)
