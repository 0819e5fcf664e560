-- Backtracking: short loops, recursion and arrays of booleans.
local function solve(n)
  local cols, d1, d2, count = {}, {}, {}, 0
  local function place(row)
    if row > n then count = count + 1 return end
    for col = 1, n do
      if not cols[col] and not d1[row + col] and not d2[row - col + n] then
        cols[col], d1[row + col], d2[row - col + n] = true, true, true
        place(row + 1)
        cols[col], d1[row + col], d2[row - col + n] = false, false, nil
      end
    end
  end
  place(1)
  return count
end
for n = 1, 6 do print(n, solve(n)) end
