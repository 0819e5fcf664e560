-- phases that change: the same functions on integers, floats, strings and objects in turn; each phase leaves the last one's traces.
local ROUNDS = tonumber((...)) or 96

local Pair = {}
Pair.__index = Pair
local function total(list)
  local s = list[1]
  for i = 2, #list do s = s + list[i] end
  return s
end
local function largest(list, key)
  local best = list[1]
  for i = 2, #list do
    if key(list[i]) > key(best) then best = list[i] end
  end
  return best
end
local function reversed(list)
  local out = {}
  for i = #list, 1, -1 do out[#out + 1] = list[i] end
  return out
end
local function same(x) return x end

local seed = 5
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end

local phases = {
  function()
    local list = {}
    for i = 1, 60 do list[i] = random(1000) end
    return total(reversed(list)) + largest(list, same)
  end,
  function()
    local list = {}
    for i = 1, 60 do list[i] = random(1000) + 0.5 end
    return total(reversed(list)) // 1 + largest(list, same) // 1
  end,
  function()
    local list = {}
    for i = 1, 60 do list[i] = "k" .. random(1000) end
    return #largest(reversed(list), same) + #table.concat(list)
  end,
  function()
    local list = {}
    for i = 1, 60 do list[i] = setmetatable({ weight = random(1000), name = i }, Pair) end
    return largest(reversed(list), function(p) return p.weight end).name
  end,
  function()
    local list = {}
    for i = 1, 60 do list[i] = { name = i, other = true, weight = random(100) / 3 } end
    return largest(reversed(list), function(p) return p.weight end).name
  end,
}

local sum = 0
for r = 1, ROUNDS do
  local phase = phases[r // 3 % #phases + 1]
  for k = 1, 12 do sum = (sum * 31 + phase()) % 1000000007 end
end
print(string.format("%d", sum))
