-- phases that change: a simulation whose parts take each other's places, so that what was likely becomes unlikely and back.
local ROUNDS = tonumber((...)) or 160

local function grow(cell) cell.mass = cell.mass + 3 cell.age = cell.age + 1 end
local function rest(cell) cell.age = cell.age + 1 end
local function shrink(cell) if cell.mass > 2 then cell.mass = cell.mass - 2 else cell.mass = 20 end end
local function split(cell) cell.mass = cell.mass // 2 + 1 cell.age = 0 end

local roles = { grow, rest, shrink, split }
local cells = {}
for k = 1, 120 do cells[k] = { mass = k, age = 0, role = k % 4 + 1 } end

local function season(r)
  -- Which way a branch goes is the same for a season, and another in the next.
  local warm, wet = r // 8 % 2 == 0, r // 5 % 2 == 0
  for i = 1, #cells do
    local cell = cells[i]
    if warm then
      if wet then roles[1](cell) else roles[cell.role](cell) end
    elseif wet then
      roles[cell.role % 3 + 2](cell)
    else
      roles[3](cell)
    end
    if cell.mass > 200 then roles[4](cell) end
    if cell.age > 30 then cell.role = cell.role % 4 + 1 cell.age = 0 end
  end
end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, 4 do season(r) end
  local mass = 0
  for i = 1, #cells do mass = mass + cells[i].mass end
  sum = (sum * 31 + mass) % 1000000007
end
print(sum)
