-- hash function: four permutations of eight words, each with conditional rotations, called from a loop over a message.
local ROUNDS = tonumber((...)) or 600

local function rotate(x, n)
  x = x & 0xffffffff
  if n == 0 then return x end
  return ((x << n) | (x >> (32 - n))) & 0xffffffff
end

local function quarter(s, i, j, k, l)
  local a, b, c, d = s[i], s[j], s[k], s[l]
  a = (a + b) & 0xffffffff
  d = rotate(d ~ a, a & 1 == 0 and 16 or 7)
  c = (c + d) & 0xffffffff
  if c > b then b = rotate(b ~ c, 12) else b = rotate(b + c, 9) end
  if d & 4 ~= 0 then a = a ~ 0x9e3779b9 end
  s[i], s[j], s[k], s[l] = a, b, c, d
end

local function columns(s) quarter(s, 1, 3, 5, 7) quarter(s, 2, 4, 6, 8) end
local function diagonals(s) quarter(s, 1, 4, 5, 8) quarter(s, 2, 3, 6, 7) end
local function mirror(s)
  if s[1] < s[8] then s[1], s[8] = s[8], s[1] end
  if s[2] < s[7] then s[2], s[7] = s[7], s[2] end
  if s[3] < s[6] then s[3], s[6] = s[6], s[3] end
  if s[4] < s[5] then s[4], s[5] = s[5], s[4] end
end
local function inject(s, word)
  for k = 1, 8 do
    if word & (1 << k) ~= 0 then s[k] = s[k] ~ word end
  end
end

local state = { 1, 2, 3, 4, 5, 6, 7, 8 }
local seed = 5
local function round()
  for block = 1, 6 do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    inject(state, seed)
    for pass = 1, 4 do
      columns(state)
      if state[pass] & 8 ~= 0 then mirror(state) end
      diagonals(state)
    end
  end
  return state[1] ~ state[5]
end

local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round()) % 1000000007 end
print(sum)
