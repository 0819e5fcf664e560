-- error paths: pcall around small functions of which some fail each time; every failure leaves a trace at another place.
local ROUNDS = tonumber((...)) or 200

local function check(x) if x % 7 == 0 then error("seven") end return x end
local function field(o) return o.name.first end
local function divide(a, b) if b == 0 then error({ code = a }) end return a // b end
local function deep(n) if n == 0 then error("deep", 0) end return deep(n - 1) + 1 end
local function typed(v)
  if type(v) ~= "number" then error("a number was expected, got " .. type(v), 2) end
  return v * 2
end
local function retry(f, n, ...)
  for i = 1, n do
    local good, result = pcall(f, ...)
    if good then return result, i end
  end
  return nil, n
end
local counter = 0
local function unsteady() counter = counter + 1 if counter % 3 ~= 0 then error("not yet", 0) end return counter end

local objects = { { name = { first = 1 } }, {}, { name = { first = 2 } }, { name = 5 } }
local sum = 0
for r = 1, ROUNDS do
  for k = 1, 30 do
    local good, result = pcall(check, r + k)
    sum = sum + (good and result or #result)
    good, result = pcall(field, objects[(r + k) % 4 + 1])
    sum = sum + (good and (result or 3) or 1)
    good, result = pcall(divide, r, k % 5)
    sum = sum + (good and result or result.code)
  end
  for k = 1, 4 do
    local good, result = pcall(deep, k * 3)
    sum = sum + #result
    good, result = pcall(typed, k % 2 == 0 and k or "k")
    sum = sum + (good and result or 1)
    local value, tries = retry(unsteady, 4)
    sum = sum + tries
  end
  sum = sum % 1000000007
end
print(sum)
