-- short run: points of a fractal; one float loop with an exit that is taken once per point.
local ROUNDS = tonumber((...)) or 140

local function row(y, n)
  local inside = 0
  for k = 0, n - 1 do
    local cr, ci = k * 3 / n - 2.2, y
    local zr, zi, i = 0.0, 0.0, 0
    while i < 40 do
      local r2, i2 = zr * zr, zi * zi
      if r2 + i2 > 4 then break end
      zr, zi, i = r2 - i2 + cr, 2 * zr * zi + ci, i + 1
    end
    inside = inside + i
  end
  return inside
end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, 4 do sum = sum + row((r + k * 16) % 64 / 32 - 1, 60) end
end
print(sum)
