-- new code for ever: records whose fields have other names in each round, read by the same functions.
local ROUNDS = tonumber((...)) or 240

local function fill(record, names)
  for i = 1, #names do record[names[i]] = i * 3 end
  record.total = 0
  record.last = "none"
  return record
end
local function sumup(record, names)
  local s = 0
  for i = 1, #names do s = s + record[names[i]] end
  record.total = record.total + s
  record.last = names[#names]
  return record.total
end
local function same(a, b) return a.total == b.total and a.last == b.last end

local sum = 0
for r = 1, ROUNDS do
  local names = {}
  for i = 1, 5 do names[i] = "field_" .. r .. "_" .. i end
  local one, two = fill({}, names), fill({ first = true }, names)
  for i = 1, 20 do
    sum = (sum + sumup(one, names)) % 1000000007
    if i % 2 == 0 then sumup(two, names) end
    if same(one, two) then sum = sum + 1 end
  end
end
print(sum)
