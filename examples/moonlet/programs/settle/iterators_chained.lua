-- generic iterators: filters and maps as closures over one another, chains made anew in every round.
local ROUNDS = tonumber((...)) or 160

local function range(n) local i = 0 return function() if i < n then i = i + 1 return i end end end
local function map(f, it) return function() local v = it() if v ~= nil then return f(v) end end end
local function filter(p, it)
  return function()
    while true do
      local v = it()
      if v == nil or p(v) then return v end
    end
  end
end
local function take(n, it) return function() if n > 0 then n = n - 1 return it() end end end
local function zip(a, b) return function() local x, y = a(), b() if x ~= nil and y ~= nil then return x, y end end end
local function each(list, i) i = i + 1 local v = list[i] if v ~= nil then return i, v end end
local function backwards(list) return function(l, i) i = i - 1 if i > 0 then return i, l[i] end end, list, #list + 1 end

local list, set = {}, {}
for i = 1, 30 do list[i] = i * 11 % 31 set["k" .. i] = i end
local sum = 0
for r = 1, ROUNDS do
  for v in map(function(x) return x * x end, filter(function(x) return x % 3 == r % 3 end, range(40))) do sum = sum + v end
  for v in take(10, filter(function(x) return x & 1 == 1 end, map(function(x) return x * r end, range(30)))) do sum = sum + v end
  for a, b in zip(range(20), map(function(x) return x + r end, range(15))) do sum = sum + a * b end
  for i, v in each, list, 0 do sum = sum + i * v end
  for i, v in backwards(list) do sum = sum + i - v end
  for _, v in pairs(set) do sum = sum + v end
  for i, v in ipairs(list) do if v > r % 31 then sum = sum + i end end
  for k, v in next, list do sum = sum + k + v end
  sum = sum % 1000000007
end
print(sum)
