-- many short loops: nests whose inner loops have none to three rounds, by data; the inner edge and the outer one compete.
local ROUNDS = tonumber((...)) or 200

local lists = {}
for k = 1, 50 do
  lists[k] = {}
  for i = 1, k * 7 % 4 do
    lists[k][i] = {}
    for j = 1, (k + i) % 3 do lists[k][i][j] = k + i + j end
  end
end
local function total(s)
  for k = 1, #lists do
    for i = 1, #lists[k] do
      for _, v in ipairs(lists[k][i]) do s = s + v end
    end
  end
  return s
end
local function product(a, b, c)
  for i = 1, 2 do
    for j = 1, 2 do
      local s = 0
      for k = 1, 2 do s = s + a[i][k] * b[k][j] end
      c[i][j] = s % 1009
    end
  end
end
local function digits(n)
  local s = 0
  while n > 0 do
    s = s + n % 10
    n = n // 10
  end
  return s
end

local a, b, c = { { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } }, { { 0, 0 }, { 0, 0 } }
local sum = 0
for r = 1, ROUNDS do
  sum = total(sum) % 1000000007
  for k = 1, 12 do
    product(a, b, c)
    a, b, c = b, c, a
  end
  for k = 1, 40 do sum = sum + digits(k * r % 1000) end
  sum = sum + a[1][2]
end
print(sum)
