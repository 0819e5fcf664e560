-- ray tracer: interval arithmetic whose products are chosen by four comparisons, recursion over quadrants.
local ROUNDS = tonumber((...)) or 100

local function product(a, b, c, d)
  local p, q, r, s = a * c, a * d, b * c, b * d
  local low, high = p, p
  if q < low then low = q elseif q > high then high = q end
  if r < low then low = r elseif r > high then high = r end
  if s < low then low = s elseif s > high then high = s end
  return low, high
end
local function square(a, b)
  if a >= 0 then return a * a, b * b end
  if b <= 0 then return b * b, a * a end
  if -a > b then return 0.0, a * a end
  return 0.0, b * b
end
local function absolute(a, b)
  if a >= 0 then return a, b end
  if b <= 0 then return -b, -a end
  if -a > b then return 0.0, -a end
  return 0.0, b
end

-- Whether a curve may pass through a cell, and how many cells of the smallest size it may pass.
local curves = {
  function(x0, x1, y0, y1)
    local a, b = square(x0, x1)
    local c, d = square(y0, y1)
    return a + c - 1.5, b + d - 1.5
  end,
  function(x0, x1, y0, y1)
    local a, b = product(x0, x1, y0, y1)
    local c, d = absolute(x0, x1)
    return a - d + 0.3, b - c + 0.3
  end,
  function(x0, x1, y0, y1)
    local a, b = square(x0, x1)
    local c, d = product(a, b, x0, x1)
    local e, f = square(y0, y1)
    return e - d + x0, f - c + x1
  end,
}
local cells
local function visit(curve, x0, x1, y0, y1, depth)
  local low, high = curve(x0, x1, y0, y1)
  if low > 0 or high < 0 then return end
  if depth == 0 then cells = cells + 1 return end
  local x, y = (x0 + x1) / 2, (y0 + y1) / 2
  visit(curve, x0, x, y0, y, depth - 1)
  visit(curve, x, x1, y0, y, depth - 1)
  visit(curve, x0, x, y, y1, depth - 1)
  visit(curve, x, x1, y, y1, depth - 1)
end

local sum = 0
for r = 1, ROUNDS do
  cells = 0
  local shift = r % 16 / 16
  for _, curve in ipairs(curves) do visit(curve, -2.0 + shift, 2.0, -2.0, 2.0 - shift, 4) end
  sum = (sum * 31 + cells) % 1000000007
end
print(sum)
