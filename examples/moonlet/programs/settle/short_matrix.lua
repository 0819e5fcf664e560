-- short run: products of matrices as tables of rows; three nested loops.
local ROUNDS = tonumber((...)) or 50

local function matrix(n, f)
  local m = {}
  for i = 1, n do
    m[i] = {}
    for j = 1, n do m[i][j] = f(i, j) end
  end
  return m
end
local function times(a, b, n)
  return matrix(n, function(i, j)
    local s, row = 0.0, a[i]
    for k = 1, n do s = s + row[k] * b[k][j] end
    return s
  end)
end
local sum = 0.0
for r = 1, ROUNDS do
  local n = 24
  local a = matrix(n, function(i, j) return (i + j * r) % 7 / 2 end)
  local b = matrix(n, function(i, j) return (i * j + r) % 5 / 4 end)
  local c = times(a, b, n)
  sum = sum + c[1][1] + c[n][n] + c[r % n + 1][3]
end
print(string.format("%.3f", sum))
