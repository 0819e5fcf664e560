-- dynamic programming: three-way minima by branches in nested loops, over texts that differ from round to round.
local ROUNDS = tonumber((...)) or 100

local seed = 29
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local function text(n)
  local out = {}
  for i = 1, n do out[i] = string.char(97 + random(4)) end
  return table.concat(out)
end
local function distance(a, b)
  local before = {}
  for j = 0, #b do before[j] = j end
  for i = 1, #a do
    local now, c = { [0] = i }, a:byte(i)
    for j = 1, #b do
      local best = before[j - 1]
      if c ~= b:byte(j) then
        if before[j] < best then best = before[j] end
        if now[j - 1] < best then best = now[j - 1] end
        best = best + 1
      end
      now[j] = best
    end
    before = now
  end
  return before[#b]
end
local function common(a, b)
  local rows = {}
  for i = 0, #a do rows[i] = { [0] = 0 } end
  for j = 0, #b do rows[0][j] = 0 end
  for i = 1, #a do
    for j = 1, #b do
      if a:byte(i) == b:byte(j) then rows[i][j] = rows[i - 1][j - 1] + 1
      elseif rows[i - 1][j] >= rows[i][j - 1] then rows[i][j] = rows[i - 1][j]
      else rows[i][j] = rows[i][j - 1] end
    end
  end
  local i, j, out = #a, #b, {}
  while i > 0 and j > 0 do
    if a:byte(i) == b:byte(j) then
      out[#out + 1] = a:sub(i, i)
      i, j = i - 1, j - 1
    elseif rows[i - 1][j] >= rows[i][j - 1] then i = i - 1
    else j = j - 1 end
  end
  return table.concat(out)
end
local function knapsack(limit)
  local best = {}
  for w = 0, limit do best[w] = 0 end
  for k = 1, 10 do
    local weight, value = random(9) + 1, random(50)
    for w = limit, weight, -1 do
      local with = best[w - weight] + value
      if with > best[w] then best[w] = with end
    end
  end
  return best[limit]
end
local sum = 0
for r = 1, ROUNDS do
  local a, b = text(12 + random(8)), text(12 + random(8))
  sum = (sum * 31 + distance(a, b) + #common(a, b) * 7 + knapsack(30)) % 1000000007
end
print(sum)
