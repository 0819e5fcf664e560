-- math.floor of an integer divided by a constant: an integer all the way where it is small, and
-- rounded as a double where it is not.
local floor = math.floor

local function halves(first, step, mask)
  local sum, x = 0, first
  for _ = 1, 300 do
    local n = x & mask
    sum = sum ~ floor(n / 2) ~ floor(n / 8) ~ floor(n / 3) ~ floor(n / 1000)
    x = x + step
  end
  return sum
end

local function small(first, step)
  local sum, x = 0, first
  for _ = 1, 300 do
    local n = x & 0x1fffffffffffff
    sum = sum ~ floor(n / 2) ~ floor(n / 1024) ~ floor(n / 3) ~ floor(n / 1)
    local m = (x & 0xff) - 100
    sum = sum * 3 + floor(m / 2) + floor(m * 0.25) + floor(m / 7) + floor(m / -2)
    x = x + step
  end
  return sum
end

local function wide(first, step)
  local sum, n = 0, first
  for _ = 1, 300 do
    sum = sum ~ floor(n / 2) ~ floor(n / 3) ~ floor(n / -4) ~ floor(n * 0.25)
    n = n + step
  end
  return sum
end

local function counts(first, step)
  local below, upto, equal = 0, 0, 0
  local n = first
  for _ = 1, 300 do
    if n < 2.5 then below = below + 1 end
    if 100.5 <= n then upto = upto + 1 end
    if n == 64.0 then equal = equal + 1 end
    if n <= -0.5 then below = below + 1000 end
    n = n + step
  end
  return below, upto, equal
end

for _, mask in ipairs { 0xff, 0xffffffff, (1 << 53) - 1, (1 << 53), (1 << 54) - 1, -1 } do
  print(mask, halves(-12345, 7, mask), halves(1 << 52, 12345677, mask), halves(-1, 3, mask))
end
for _, first in ipairs { -150, 0, (1 << 53) - 150, (1 << 54) + 1, math.maxinteger - 299, math.mininteger } do
  print(first, wide(first, 1), wide(first, 2), small(first, 1), small(first, 12345))
  print(first, counts(first, 1))
end
