-- interpreter for another language: nested loops of a few rounds over a tape, each a loop of the guest's, one dispatch of the host's.
local ROUNDS = tonumber((...)) or 10

-- Squares of small numbers, and a triangle: + - < > [ ] and . as usual.
local programs = {
  "++++[>+++++<-]>[<+++++>-]+<+[>[>+>+<<-]++>>[<<+>>-]>>>[-]++>[-]+>>>+[[-]++++++>>>]<<<[[<++++++++<++>>-]+<.<[>----<-]<]<<[>>>>>[>>>[-]+++++++++<[>-<-]+++++++++>[-[<->-]+[<<<]]<[>+<-]>]<<-]<<-]",
  "+++++++[>+++++++[>++<-]<-]>>[<+>-]<[->+>+<<]>>[-<<+>>]<.[-]",
  "++++++++[->-[->-[->-[-]<]<]<]>++++++++[<++++++++[>+++<-]>[-]<<[-]>>-]<.",
}

local function parse(text)
  local code, jump, open = {}, {}, {}
  for i = 1, #text do
    code[i] = text:byte(i)
    if code[i] == 91 then
      open[#open + 1] = i
    elseif code[i] == 93 then
      local from = open[#open]
      open[#open] = nil
      jump[i], jump[from] = from, i
    end
  end
  return { code = code, jump = jump }
end

local function run(program, steps)
  local code, jump, tape, at, pc, out = program.code, program.jump, {}, 100, 1, 0
  for i = 1, 200 do tape[i] = 0 end
  while pc <= #code and steps > 0 do
    local op = code[pc]
    if op == 43 then tape[at] = (tape[at] + 1) & 255
    elseif op == 45 then tape[at] = (tape[at] - 1) & 255
    elseif op == 62 then at = at + 1
    elseif op == 60 then at = at - 1
    elseif op == 91 then if tape[at] == 0 then pc = jump[pc] end
    elseif op == 93 then if tape[at] ~= 0 then pc = jump[pc] end
    else out = (out * 31 + tape[at]) % 1000003 end
    pc = pc + 1
    steps = steps - 1
  end
  return out * 1000 + steps % 1000
end

for i, text in ipairs(programs) do programs[i] = parse(text) end
local sum = 0
for r = 1, ROUNDS do
  for _, program in ipairs(programs) do sum = (sum * 31 + run(program, 20000 + r)) % 1000000007 end
end
print(sum)
