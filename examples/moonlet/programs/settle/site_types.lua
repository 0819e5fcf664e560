-- many at one site: one function over integers, floats, strings, booleans, nil, tables and functions, in no order.
local ROUNDS = tonumber((...)) or 120

local function measure(v)
  local kind = type(v)
  if kind == "number" then
    if v // 1 == v then return 1 + v % 5 end
    return 2
  end
  if kind == "string" then return #v end
  if kind == "table" then return v.size or #v end
  if kind == "function" then return v(3) end
  if v then return 7 end
  return v == nil and 8 or 9
end
local function equal(a, b) if a == b then return 1 end if type(a) == type(b) then return 2 end return 0 end
local function pick(a, b) return a or b end

local values = {}
local seed = 91
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
for k = 1, 200 do
  local n = random(9)
  if n == 0 then values[k] = k elseif n == 1 then values[k] = k + 0.25 elseif n == 2 then values[k] = k + 0.0
  elseif n == 3 then values[k] = "text " .. k elseif n == 4 then values[k] = k % 2 == 0
  elseif n == 5 then values[k] = { k, k } elseif n == 6 then values[k] = { size = k }
  elseif n == 7 then values[k] = function(x) return x + k end end
end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, 200 do
    local a, b = values[k], values[(k * 13 + r) % 200 + 1]
    sum = sum + measure(a) + equal(a, b) + measure(pick(b, a))
  end
  sum = sum % 1000003
end
print(string.format("%d", sum))
