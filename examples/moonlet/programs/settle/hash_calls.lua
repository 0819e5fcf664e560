-- hash function: 64 calls of small functions with a branch each in every iteration; paths double with each call.
-- Made by generators/hash.lua.
local ROUNDS = tonumber((...)) or 700

-- To 32 bits with a sign, without bit operators: the branch goes either way.
local function fold(x)
  x = x % 4294967296
  if x >= 2147483648 then return x - 4294967296 end
  return x
end

local function choose(a, b, c)
  if a % 2 == 0 then return b end
  return c
end

local function major(a, b, c)
  local n = 0
  if a > 0 then n = n + 1 end
  if b > 0 then n = n + 1 end
  if c > 0 then n = n + 1 end
  if n >= 2 then return a + b - c end
  return a - b + c
end

local function parity(a, b, c)
  local s = a + b + c
  if s < 0 then s = -s end
  return s % 65537 * 32749
end

local function swap(a, b, c)
  if a > c then return b - c end
  if b > c then return a - c end
  return c - a
end

local function mix(f, a, b, c, d, word, constant)
  local x = fold(a + f(b, c, d) + word + constant)
  if x < 0 then x = x * 3 else x = x * 5 + 1 end
  return fold(x + b)
end

local function block(a, b, c, d, w)
  local a0, b0, c0, d0 = a, b, c, d
  a = mix(choose, a, b, c, d, w[1], 16818)
  d = mix(choose, d, a, b, c, w[6], 282660137)
  c = mix(choose, c, d, a, b, w[11], 435095406)
  b = mix(choose, b, c, d, a, w[16], 466670618)
  a = mix(choose, a, b, c, d, w[5], 722797893)
  d = mix(choose, d, a, b, c, w[10], 1896680230)
  c = mix(choose, c, d, a, b, w[15], 257369553)
  b = mix(choose, b, c, d, a, w[4], 578012224)
  a = mix(choose, a, b, c, d, w[9], 1582913398)
  d = mix(choose, d, a, b, c, w[14], 998061161)
  c = mix(choose, c, d, a, b, w[3], 419166221)
  b = mix(choose, b, c, d, a, w[8], 1180314198)
  a = mix(choose, a, b, c, d, w[13], 1234278458)
  d = mix(choose, d, a, b, c, w[2], 1973497244)
  c = mix(choose, c, d, a, b, w[7], 683252004)
  b = mix(choose, b, c, d, a, w[12], 821370730)
  a = mix(major, a, b, c, d, w[2], 752976205)
  d = mix(major, d, a, b, c, w[7], 149945675)
  c = mix(major, c, d, a, b, w[12], 1138641805)
  b = mix(major, b, c, d, a, w[1], 926038229)
  a = mix(major, a, b, c, d, w[6], 1110525005)
  d = mix(major, d, a, b, c, w[11], 813382969)
  c = mix(major, c, d, a, b, w[16], 1794146839)
  b = mix(major, b, c, d, a, w[5], 1408035557)
  a = mix(major, a, b, c, d, w[10], 1731300217)
  d = mix(major, d, a, b, c, w[15], 1706813927)
  c = mix(major, c, d, a, b, w[4], 335114474)
  b = mix(major, b, c, d, a, w[9], 1566842095)
  a = mix(major, a, b, c, d, w[14], 1470611162)
  d = mix(major, d, a, b, c, w[3], 1172506422)
  c = mix(major, c, d, a, b, w[8], 1005489693)
  b = mix(major, b, c, d, a, w[13], 716452019)
  a = mix(parity, a, b, c, d, w[3], 468274615)
  d = mix(parity, d, a, b, c, w[8], 1911371708)
  c = mix(parity, c, d, a, b, w[13], 216420894)
  b = mix(parity, b, c, d, a, w[2], 1696151098)
  a = mix(parity, a, b, c, d, w[7], 1513573819)
  d = mix(parity, d, a, b, c, w[12], 1691377229)
  c = mix(parity, c, d, a, b, w[1], 736052475)
  b = mix(parity, b, c, d, a, w[6], 1328140616)
  a = mix(parity, a, b, c, d, w[11], 1114306205)
  d = mix(parity, d, a, b, c, w[16], 2086985606)
  c = mix(parity, c, d, a, b, w[5], 1116673602)
  b = mix(parity, b, c, d, a, w[10], 1073637692)
  a = mix(parity, a, b, c, d, w[15], 1471087361)
  d = mix(parity, d, a, b, c, w[4], 586048427)
  c = mix(parity, c, d, a, b, w[9], 1355907458)
  b = mix(parity, b, c, d, a, w[14], 1787668300)
  a = mix(swap, a, b, c, d, w[4], 2044896581)
  d = mix(swap, d, a, b, c, w[9], 248550290)
  c = mix(swap, c, d, a, b, w[14], 529030626)
  b = mix(swap, b, c, d, a, w[3], 835432613)
  a = mix(swap, a, b, c, d, w[8], 867842616)
  d = mix(swap, d, a, b, c, w[13], 121916699)
  c = mix(swap, c, d, a, b, w[2], 354560866)
  b = mix(swap, b, c, d, a, w[7], 1984838095)
  a = mix(swap, a, b, c, d, w[12], 162890178)
  d = mix(swap, d, a, b, c, w[1], 1801055379)
  c = mix(swap, c, d, a, b, w[6], 1555750399)
  b = mix(swap, b, c, d, a, w[11], 1883553779)
  a = mix(swap, a, b, c, d, w[16], 831923237)
  d = mix(swap, d, a, b, c, w[5], 2015302300)
  c = mix(swap, c, d, a, b, w[10], 1073675627)
  b = mix(swap, b, c, d, a, w[15], 2108660906)
  return fold(a + a0), fold(b + b0), fold(c + c0), fold(d + d0)
end

local a, b, c, d = 1732584193, -271733879, -1732584194, 271733878
local words = {}
local seed = 7
for r = 1, ROUNDS do
  for k = 1, 16 do
    seed = (seed * 1103515245 + 12345) % 2147483648
    words[k] = seed - 1073741824
  end
  a, b, c, d = block(a, b, c, d, words)
end
print(string.format("%d %d %d %d", a, b, c, d))
