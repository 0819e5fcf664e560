-- Prints a program: a hash function whose rounds of 64 calls are written out, one after another.
-- moonlet hash.lua > hash_calls.lua
print("-- hash function: 64 calls of small functions with a branch each in every iteration; paths double with each call.")
print("-- Made by generators/hash.lua.")
print([[
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
  local a0, b0, c0, d0 = a, b, c, d]])
local functions = { "choose", "major", "parity", "swap" }
local names = { "a", "b", "c", "d" }
local constant = 1
for call = 0, 63 do
  constant = (constant * 16807 + 11) % 2147483647
  local f = functions[call // 16 + 1]
  local n = {}
  for k = 0, 3 do n[k + 1] = names[(k - call) % 4 + 1] end
  print(string.format("  %s = mix(%s, %s, %s, %s, %s, w[%d], %d)",
    n[1], f, n[1], n[2], n[3], n[4], (call * 5 + call // 16) % 16 + 1, constant))
end
print([[
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
print(string.format("%d %d %d %d", a, b, c, d))]])
