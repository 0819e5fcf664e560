-- Operands are evaluated left to right and joined right to left.
local log = {}
local function say(x)
  log[#log + 1] = x
  return x
end
local s = say("a") .. say("b") .. say("c") .. say("d")
print(s, table.concat(log, " "))
for i = 1, 200 do
  s = say("x") .. say("y") .. (say("z") .. say(i))
end
print(s, #log)
print((say(1) .. say(2)) .. say(3), 1 .. -1, 2 ^ 3 .. "")
