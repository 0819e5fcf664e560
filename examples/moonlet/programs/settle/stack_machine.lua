-- interpreter for another language: a stack machine whose guest calls functions and loops; every guest path is a host path.
local ROUNDS = tonumber((...)) or 90

-- push n | load i | store i | add sub mul mod less | jump to | unless to | call to args | ret
local code = {}
local function emit(op, a, b) code[#code + 1] = { op = op, a = a, b = b } return #code end

-- gcd(a, b)
local gcd = #code + 1
emit("load", 2) emit("push", 0) emit("less", 0)  -- 0 < b is asked with the operands swapped
local to_end = emit("unless", 0)
emit("load", 2) emit("load", 1) emit("load", 2) emit("mod") emit("call", gcd, 2) emit("ret")
code[to_end].a = #code + 1
emit("load", 1) emit("ret")
-- steps(n): how long until 1
local steps = #code + 1
emit("push", 0) emit("store", 2)
local loop = #code + 1
emit("push", 1) emit("load", 1) emit("swapped_less")
local out = emit("unless", 0)
emit("load", 1) emit("push", 2) emit("mod")
local even = emit("unless", 0)
emit("load", 1) emit("push", 3) emit("mul") emit("push", 1) emit("add") emit("store", 1)
local join = emit("jump", 0)
code[even].a = #code + 1
emit("load", 1) emit("push", 2) emit("div") emit("store", 1)
code[join].a = #code + 1
emit("load", 2) emit("push", 1) emit("add") emit("store", 2)
emit("jump", loop)
code[out].a = #code + 1
emit("load", 2) emit("ret")

local function run(entry, ...)
  local stack, top, frames, depth = {}, 0, {}, 0
  local base = { ... }
  local pc = entry
  while true do
    local i = code[pc]
    local op = i.op
    pc = pc + 1
    if op == "push" then top = top + 1 stack[top] = i.a
    elseif op == "load" then top = top + 1 stack[top] = base[i.a]
    elseif op == "store" then base[i.a] = stack[top] top = top - 1
    elseif op == "add" then top = top - 1 stack[top] = stack[top] + stack[top + 1]
    elseif op == "mul" then top = top - 1 stack[top] = stack[top] * stack[top + 1]
    elseif op == "div" then top = top - 1 stack[top] = stack[top] // stack[top + 1]
    elseif op == "mod" then top = top - 1 stack[top] = stack[top] % stack[top + 1]
    elseif op == "less" then top = top - 1 stack[top] = stack[top + 1] < stack[top] and 1 or 0
    elseif op == "swapped_less" then top = top - 1 stack[top] = stack[top] < stack[top + 1] and 1 or 0
    elseif op == "jump" then pc = i.a
    elseif op == "unless" then if stack[top] == 0 then pc = i.a end top = top - 1
    elseif op == "call" then
      depth = depth + 1
      frames[depth] = { base = base, pc = pc }
      base = {}
      for k = i.b, 1, -1 do base[k] = stack[top] top = top - 1 end
      pc = i.a
    else
      if depth == 0 then return stack[top] end
      base, pc = frames[depth].base, frames[depth].pc
      depth = depth - 1
    end
  end
end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, 4 do
    sum = (sum * 31 + run(gcd, r * 84 + k, k * 36) + run(steps, r % 50 + k, 0)) % 1000000007
  end
end
print(sum)
