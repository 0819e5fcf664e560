-- recursion: functions that call themselves twice or one another, tail calls of several targets, depths that vary.
local ROUNDS = tonumber((...)) or 120

local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
local function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
local function partitions(n, most)
  if n == 0 then return 1 end
  local s = 0
  for k = 1, most < n and most or n do s = s + partitions(n - k, k) end
  return s
end
local states = {}
function states.start(text, i, n) if i > #text then return n end if text:byte(i) == 97 then return states.a(text, i + 1, n) end return states.other(text, i + 1, n) end
function states.a(text, i, n) if i > #text then return n end if text:byte(i) == 98 then return states.ab(text, i + 1, n + 1) end return states.start(text, i, n) end
function states.ab(text, i, n) if i > #text then return n + 2 end if text:byte(i) == 97 then return states.a(text, i + 1, n) end return states.other(text, i, n) end
function states.other(text, i, n) if i > #text then return n end if text:byte(i) == 99 then return states.start(text, i + 1, n + 3) end return states.start(text, i + 1, n) end
local function permute(list, n, f)
  if n == 1 then return f(list) end
  local s = 0
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    s = s + permute(list, n - 1, f)
    list[i], list[n] = list[n], list[i]
  end
  return s
end
local sum = 0
for r = 1, ROUNDS do
  sum = sum + ackermann(2, r % 6) + tak(8, r % 5 + 1, 2)
  if even(r % 40) then sum = sum + 1 end
  sum = sum + partitions(r % 8 + 5, 6)
  sum = sum + states.start("abcabbacabcccabaab", r % 9 + 1, 0)
  sum = sum + permute({ 1, 2, 3, 4 }, 4, function(l) return l[1] * r % 7 - l[4] end)
  sum = sum % 1000000007
end
print(sum)
