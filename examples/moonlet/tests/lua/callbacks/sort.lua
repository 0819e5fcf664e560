-- table.sort: the order lua5.4 gives to items that are equal, order functions that are none, metamethods.
local function show(t) print(table.concat(t, " ")) end
local t = { 5, 2, 9, 1, 5, 6, -1, 3.5, 2 }
table.sort(t)
show(t)
table.sort(t, function(a, b) return a > b end)
show(t)
local words = { "pear", "apple", "fig", "Banana", "cherry", "date", "" }
table.sort(words)
show(words)
table.sort(words, function(a, b) return #a < #b end)
show(words)
-- Equal keys: which of them comes first is the algorithm's choice.
local seed = 42
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
for _, n in ipairs { 2, 3, 4, 5, 10, 33, 99, 100, 101, 102, 500 } do
  for _, range in ipairs { 1, 2, 5, 1000 } do
    local list, calls = {}, 0
    for i = 1, n do list[i] = { key = random(range), id = i } end
    table.sort(list, function(a, b) calls = calls + 1 return a.key < b.key end)
    local ids = {}
    for i, item in ipairs(list) do ids[i] = item.id end
    print(n, range, calls, table.concat(ids, ","))
  end
end
-- Not an order, by which the search would leave the list.
print(pcall(table.sort, { 1, 2, 3, 4, 5 }, function() return true end))
print(pcall(table.sort, { 3, 1, 2 }, function(a, b) return a <= b end))
print(pcall(table.sort, { 1, 1, 1, 1, 1 }, function(a, b) return a <= b end))
print(pcall(table.sort, { 3, "x", 2 }))
print(pcall(table.sort, { 3, {}, 2 }))
print(pcall(table.sort, { {}, {} }))
print(pcall(table.sort, { 1, 2 }, 3))
print(pcall(table.sort, { 1, 2 }, nil))
print(pcall(table.sort, { 1 }, function() error("never called") end))
print(pcall(table.sort, 7))
print(pcall(table.sort))
print(pcall(function() table.sort({ 1, 2, 3 }, function() error("in the order") end) end))
print(pcall(function() table.sort({ 1, 2, 3 }, function() error({}) end) end) == false)
print(pcall(function() table.sort({ 1, 2, 3 }, function(a, b) return a.x < b end) end))
-- What it reads and writes through metamethods.
local store = { 3, 1, 2 }
local log = {}
local proxy = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "r" .. k return store[k] end,
  __newindex = function(_, k, v) log[#log + 1] = "w" .. k store[k] = v end,
})
table.sort(proxy)
show(log)
-- The order function may change the list; nothing that is compared is lost.
local victims = {}
for i = 1, 50 do victims[i] = { n = (i * 7) % 50 } end
local ok, why = pcall(table.sort, victims, function(a, b)
  for i = 1, 50 do victims[i] = nil end
  collectgarbage()
  return a.n < b.n
end)
print(ok, why)
-- Hot, and with a closure that counts.
local total = 0
for round = 1, 60 do
  local list = {}
  for i = 1, 20 do list[i] = random(100) end
  local count = 0
  table.sort(list, function(a, b) count = count + 1 return a < b end)
  for i = 2, 20 do assert(list[i - 1] <= list[i]) end
  total = total + count
end
print(total)
