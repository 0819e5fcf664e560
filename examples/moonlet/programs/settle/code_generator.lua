-- code generator: trees lowered to text by rules; a large program each of whose parts runs a few times.
local ROUNDS = tonumber((...)) or 50

local seed = 41
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end

local out, labels, registers
local function emit(text, a, b)
  if b then out[#out + 1] = text .. " " .. a .. ", " .. b
  elseif a then out[#out + 1] = text .. " " .. a
  else out[#out + 1] = text end
end
local function label() labels = labels + 1 return "L" .. labels end
local function take() registers = registers + 1 return "r" .. registers end
local function give() registers = registers - 1 end

local rules = {}
local function lower(node)
  local rule = rules[node.kind]
  if not rule then error("no rule for " .. node.kind) end
  return rule(node)
end
function rules.number(node)
  local r = take()
  if node.value >= 0 and node.value < 128 then emit("movs", r, "#" .. node.value)
  else emit("ldr", r, "=" .. node.value) end
  return r
end
function rules.name(node)
  local r = take()
  emit("ldr", r, "[fp, #" .. node.slot * 8 .. "]")
  return r
end
rules["+"] = function(node)
  local a = lower(node.left)
  if node.right.kind == "number" and node.right.value < 4096 then emit("add", a, "#" .. node.right.value) return a end
  local b = lower(node.right)
  emit("add", a, b)
  give()
  return a
end
rules["-"] = function(node)
  local a, b = lower(node.left), lower(node.right)
  emit("sub", a, b)
  give()
  return a
end
rules["*"] = function(node)
  local a = lower(node.left)
  if node.right.kind == "number" then
    local n = node.right.value
    if n == 0 then emit("mov", a, "#0") return a end
    if n & (n - 1) == 0 then
      local shift = 0
      while n > 1 do n = n >> 1 shift = shift + 1 end
      if shift > 0 then emit("lsl", a, "#" .. shift) end
      return a
    end
  end
  local b = lower(node.right)
  emit("mul", a, b)
  give()
  return a
end
function rules.call(node)
  local n = #node
  for i = 1, n do
    local r = lower(node[i])
    if r ~= "r" .. i then emit("push", r) end
  end
  emit("bl", node.name)
  for i = 2, n do give() end
  if n == 0 then return take() end
  return "r" .. registers
end
function rules.set(node)
  local r = lower(node.value)
  emit("str", r, "[fp, #" .. node.slot * 8 .. "]")
  give()
end
rules["if"] = function(node)
  local otherwise, done = label(), label()
  local r = lower(node.test)
  emit("cbz", r, otherwise)
  give()
  lower(node.yes)
  if node.no then
    emit("b", done)
    emit(otherwise .. ":")
    lower(node.no)
    emit(done .. ":")
  else
    emit(otherwise .. ":")
  end
end
rules["while"] = function(node)
  local top, done = label(), label()
  emit(top .. ":")
  local r = lower(node.test)
  emit("cbz", r, done)
  give()
  lower(node.body)
  emit("b", top)
  emit(done .. ":")
end
function rules.block(node) for i = 1, #node do lower(node[i]) end end

local operators = { "+", "-", "*", "+" }
local function expression(depth)
  local n = random(depth > 0 and 7 or 2)
  if n == 0 then return { kind = "number", value = random(9) < 7 and random(64) or random(100000) } end
  if n == 1 then return { kind = "name", slot = random(12) } end
  if n == 6 then
    local call = { kind = "call", name = "f" .. random(20) }
    for i = 1, random(3) do call[i] = expression(depth - 1) end
    return call
  end
  return { kind = operators[random(4) + 1], left = expression(depth - 1), right = expression(depth - 1) }
end
local function statement(depth)
  local n = random(depth > 0 and 5 or 2)
  if n <= 1 then return { kind = "set", slot = random(12), value = expression(3) } end
  if n == 2 then
    return { kind = "if", test = expression(2), yes = statement(depth - 1), no = random(2) == 0 and statement(depth - 1) or nil }
  end
  if n == 3 then return { kind = "while", test = expression(2), body = statement(depth - 1) } end
  local block = { kind = "block" }
  for i = 1, random(4) + 1 do block[i] = statement(depth - 1) end
  return block
end

-- A peephole pass over the text.
local function tidy(lines)
  local kept = 0
  for i = 1, #lines do
    local line, before = lines[i], lines[i - 1]
    local op = line:sub(1, 3)
    if op == "ldr" and before and before:sub(1, 3) == "str" and before:sub(4) == line:sub(4) then
      -- What was just stored is in the register.
    elseif op == "add" and line:sub(-2) == "#0" then
      -- Nothing.
    else
      kept = kept + #line
    end
  end
  return kept
end

local trees = {}
for k = 1, 16 do trees[k] = statement(4) end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, #trees do
    out, labels, registers = {}, 0, 0
    lower(trees[k])
    sum = (sum * 31 + tidy(out) + #out + labels) % 1000000007
  end
end
print(sum)
