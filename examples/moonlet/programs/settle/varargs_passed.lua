-- variable arguments: lists of none to a dozen values passed on, counted, packed and unpacked, by functions that call one another.
local ROUNDS = tonumber((...)) or 120

local function count(...) return select("#", ...) end
local function total(first, ...)
  if first == nil then return 0 end
  return first + total(...)
end
local function map(f, ...)
  local out = { ... }
  for i = 1, #out do out[i] = f(out[i]) end
  return table.unpack(out)
end
local function largest(...)
  local m = select(1, ...)
  for i = 2, select("#", ...) do
    local v = select(i, ...)
    if v > m then m = v end
  end
  return m
end
local function rotate(first, ...) return ..., first end
local function bind(f, a) return function(...) return f(a, ...) end end
local function tail(_, ...) return ... end

local numbers = {}
for i = 1, 16 do numbers[i] = i * 29 % 37 end
local sum = 0
local add3 = bind(bind(bind(total, 1), 2), 3)
for r = 1, ROUNDS do
  for n = 1, 12 do
    local from = (r + n) % 4 + 1
    local to = from + n - 1
    sum = sum + count(table.unpack(numbers, from, to)) + total(table.unpack(numbers, from, to))
    sum = sum + largest(map(function(x) return x * n % 23 end, table.unpack(numbers, from, to)))
    sum = sum + add3(numbers[n], n) + (rotate(n, r, 1))
    sum = sum + total(tail(table.unpack(numbers, 1, n)))
  end
  sum = sum % 1000000007
end
print(sum)
