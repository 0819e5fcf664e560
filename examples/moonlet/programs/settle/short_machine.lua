-- short run: a register machine that runs one loop of its own; a chain of tests per instruction.
local ROUNDS = tonumber((...)) or 180

local ADD, SUB, MUL, MOVE, JUMP, LESS, HALT = 1, 2, 3, 4, 5, 6, 7
-- r1 = sum of i * i for i below r2, modulo nothing
local code = {
  { MOVE, 1, 0 }, { MOVE, 3, 0 },
  { LESS, 3, 2, 8 },
  { MUL, 4, 3, 3 }, { ADD, 1, 1, 4 }, { ADD, 3, 3, 5 }, { JUMP, 3 },
  { HALT, 1 },
}
local function run(r)
  local pc = 1
  while true do
    local i = code[pc]
    local op = i[1]
    pc = pc + 1
    if op == ADD then r[i[2]] = r[i[3]] + r[i[4]]
    elseif op == SUB then r[i[2]] = r[i[3]] - r[i[4]]
    elseif op == MUL then r[i[2]] = r[i[3]] * r[i[4]]
    elseif op == MOVE then r[i[2]] = r[i[3]]
    elseif op == JUMP then pc = i[2]
    elseif op == LESS then if r[i[2]] >= r[i[3]] then pc = i[4] end
    else return r[i[2]] end
  end
end
local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + run({ [0] = 0, 0, 200 + r % 50, 0, 0, 1 })) % 1000000007 end
print(sum)
