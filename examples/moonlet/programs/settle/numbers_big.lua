-- arithmetic of big numbers: loops over digits that are as long as the numbers, carries that come or do not.
local ROUNDS = tonumber((...)) or 100

local BASE = 10000
local function big(n)
  local out = {}
  repeat
    out[#out + 1] = n % BASE
    n = n // BASE
  until n == 0
  return out
end
local function compare(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  for i = #a, 1, -1 do
    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
  end
  return 0
end
local function add(a, b)
  local out, carry = {}, 0
  for i = 1, #a > #b and #a or #b do
    local s = (a[i] or 0) + (b[i] or 0) + carry
    if s >= BASE then out[i] = s - BASE carry = 1 else out[i] = s carry = 0 end
  end
  if carry > 0 then out[#out + 1] = carry end
  return out
end
local function subtract(a, b)
  local out, borrow = {}, 0
  for i = 1, #a do
    local s = a[i] - (b[i] or 0) - borrow
    if s < 0 then out[i] = s + BASE borrow = 1 else out[i] = s borrow = 0 end
  end
  while #out > 1 and out[#out] == 0 do out[#out] = nil end
  return out
end
local function multiply(a, b)
  local out = {}
  for i = 1, #a + #b do out[i] = 0 end
  for i = 1, #a do
    local carry = 0
    for j = 1, #b do
      local s = out[i + j - 1] + a[i] * b[j] + carry
      out[i + j - 1] = s % BASE
      carry = s // BASE
    end
    out[i + #b] = out[i + #b] + carry
  end
  while #out > 1 and out[#out] == 0 do out[#out] = nil end
  return out
end
local function halve(a)
  local out, rest = {}, 0
  for i = #a, 1, -1 do
    local s = rest * BASE + a[i]
    out[i] = s // 2
    rest = s % 2
  end
  while #out > 1 and out[#out] == 0 do out[#out] = nil end
  return out, rest
end
local function gcd(a, b)
  local shift = 0
  while true do
    local c = compare(a, b)
    if c == 0 then return a, shift end
    if c < 0 then a, b = b, a end
    a = subtract(a, b)
    local half, rest = halve(a)
    while rest == 0 do a = half half, rest = halve(a) end
  end
end
local sum = 0
for r = 1, ROUNDS do
  local f, a, b = big(1), big(r), big(1)
  for k = 2, 14 do
    f = multiply(f, big(k + r))
    a, b = b, add(a, b)
  end
  local odd = multiply(big(r * 2 + 1), big(15))
  local g = gcd(odd, multiply(big(45), big(r * 4 + 1)))
  sum = (sum * 31 + f[1] + f[#f] + #f + b[1] + g[1]) % 1000000007
end
print(sum)
