-- sorting: quicksort, merge sort and a heap by comparison closures; every comparison goes either way.
local ROUNDS = tonumber((...)) or 60

local function quick(list, low, high, less)
  while low < high do
    local pivot, i, j = list[(low + high) // 2], low, high
    repeat
      while less(list[i], pivot) do i = i + 1 end
      while less(pivot, list[j]) do j = j - 1 end
      if i <= j then
        list[i], list[j] = list[j], list[i]
        i, j = i + 1, j - 1
      end
    until i > j
    if j - low < high - i then
      quick(list, low, j, less)
      low = i
    else
      quick(list, i, high, less)
      high = j
    end
  end
end
local function merge(list, low, high, less)
  if low >= high then return end
  local middle = (low + high) // 2
  merge(list, low, middle, less)
  merge(list, middle + 1, high, less)
  local out, i, j = {}, low, middle + 1
  while i <= middle or j <= high do
    if j > high or i <= middle and not less(list[j], list[i]) then
      out[#out + 1] = list[i]
      i = i + 1
    else
      out[#out + 1] = list[j]
      j = j + 1
    end
  end
  for k = 1, #out do list[low + k - 1] = out[k] end
end
local function heap(list, low, high, less)
  local function down(i, n)
    while 2 * i <= n do
      local child = 2 * i
      if child < n and less(list[child], list[child + 1]) then child = child + 1 end
      if not less(list[i], list[child]) then return end
      list[i], list[child] = list[child], list[i]
      i = child
    end
  end
  for i = high // 2, 1, -1 do down(i, high) end
  for n = high, 2, -1 do
    list[1], list[n] = list[n], list[1]
    down(1, n - 1)
  end
end

local seed = 13
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local function record(k) return { id = k, weight = random(100), name = "n" .. random(50) } end
local orders = {
  function(a, b) return a.weight < b.weight end,
  function(a, b) return a.name < b.name end,
  function(a, b) if a.weight ~= b.weight then return a.weight > b.weight end return a.id < b.id end,
  function(a, b) return a.id * 31 % 17 < b.id * 31 % 17 end,
}
local sorts = { quick, merge, heap }
local sum = 0
for r = 1, ROUNDS do
  local list = {}
  for k = 1, 60 do list[k] = record(k) end
  local order = orders[r % #orders + 1]
  sorts[r % #sorts + 1](list, 1, #list, order)
  for k = 2, #list do if order(list[k], list[k - 1]) then error("not sorted") end end
  sum = (sum * 31 + list[1].weight + list[60].weight * 3) % 1000000007
end
print(sum)
