-- short run: lengths of sequences; one loop with one branch that nothing foresees.
local ROUNDS = tonumber((...)) or 50

local function length(n)
  local steps = 0
  while n ~= 1 do
    if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end
    steps = steps + 1
  end
  return steps
end
local sum = 0
for r = 1, ROUNDS do
  local from = r % 60 * 100 + 1
  for n = from, from + 99 do sum = sum + length(n) end
end
print(sum)
