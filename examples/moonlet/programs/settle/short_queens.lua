-- short run: queens on boards of six and seven; recursion over arrays of flags.
local ROUNDS = tonumber((...)) or 90

local function solutions(n)
  local columns, up, down, count = {}, {}, {}, 0
  local function place(row)
    if row > n then count = count + 1 return end
    for c = 1, n do
      if not columns[c] and not up[row + c] and not down[row - c + n] then
        columns[c], up[row + c], down[row - c + n] = true, true, true
        place(row + 1)
        columns[c], up[row + c], down[row - c + n] = false, false, false
      end
    end
  end
  place(1)
  return count
end
local sum = 0
for r = 1, ROUNDS do sum = sum * 3 % 1000003 + solutions(6 + r % 2) end
print(sum)
