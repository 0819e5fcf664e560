-- short run: primes by crossing out; long simple loops that should pay at once.
local ROUNDS = tonumber((...)) or 100

local function sieve(n)
  local crossed, count = {}, 0
  for i = 2, n do
    if not crossed[i] then
      count = count + 1
      for k = i * i, n, i do crossed[k] = true end
    end
  end
  return count
end
local sum = 0
for r = 1, ROUNDS do sum = sum + sieve(2000 + r % 50) end
print(sum)
