-- short run: numbers sorted by two simple algorithms; inner loops that end by comparison.
local ROUNDS = tonumber((...)) or 90

local seed = 19
local function numbers(n)
  local list = {}
  for i = 1, n do
    seed = (seed * 1103515245 + 12345) % 2147483648
    list[i] = seed // 65536
  end
  return list
end
local function insertion(list)
  for i = 2, #list do
    local v, j = list[i], i - 1
    while j > 0 and list[j] > v do
      list[j + 1] = list[j]
      j = j - 1
    end
    list[j + 1] = v
  end
end
local function shell(list)
  local gap = #list // 2
  while gap > 0 do
    for i = gap + 1, #list do
      local v, j = list[i], i
      while j > gap and list[j - gap] > v do
        list[j] = list[j - gap]
        j = j - gap
      end
      list[j] = v
    end
    gap = gap // 2
  end
end
local sum = 0
for r = 1, ROUNDS do
  local a, b = numbers(60), numbers(200)
  insertion(a)
  shell(b)
  sum = (sum * 31 + a[1] + a[60] + b[100]) % 1000000007
end
print(sum)
