-- many at one site: fields of objects of 300 shapes, read and written by three functions.
local ROUNDS = tonumber((...)) or 120

local objects = {}
for k = 1, 300 do
  local o = {}
  for j = 0, k % 5 do o["p" .. k .. "_" .. j] = j end
  o.weight = k
  if k % 2 == 0 then o.colour = "red" end
  objects[k] = o
end
local function weigh(o) return o.weight end
local function paint(o) if o.colour then o.colour = o.colour == "red" and "blue" or "red" return 1 end return 0 end
local function lose(o) o.weight = o.weight - 1 return o.weight end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, #objects do
    local o = objects[(k * 7 + r) % 300 + 1]
    sum = sum + weigh(o) + paint(o)
    if (k + r) % 3 == 0 then sum = sum + lose(o) end
  end
  sum = sum % 1000000007
end
print(sum)
