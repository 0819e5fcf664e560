-- A small interpreter: a hot loop over instructions of another language.
local program = {
  {"set", "i", 0}, {"set", "s", 0},
  {"label", 3},
  {"addv", "s", "i"}, {"add", "i", 1}, {"mod", "s", 1000}, {"jlt", "i", 300, 3},
  {"set", "j", 10},
  {"label", 9},
  {"add", "j", -1}, {"add", "s", 5}, {"jne", "j", 0, 9},
}
local function run()
  local env, pc, steps = {}, 1, 0
  while pc <= #program do
    local op = program[pc]
    local name = op[1]
    pc = pc + 1
    steps = steps + 1
    if name == "set" then env[op[2]] = op[3]
    elseif name == "add" then env[op[2]] = env[op[2]] + op[3]
    elseif name == "addv" then env[op[2]] = env[op[2]] + env[op[3]]
    elseif name == "mod" then env[op[2]] = env[op[2]] % op[3]
    elseif name == "jlt" then if env[op[2]] < op[3] then pc = op[4] end
    elseif name == "jne" then if env[op[2]] ~= op[3] then pc = op[4] end
    end
  end
  return env.s, env.i, env.j, steps
end
for i = 1, 3 do print(run()) end
