-- Expressions parsed and evaluated, a machine of instructions, permutations, and other algorithms.
local function tokens(s)
  local t, i = {}, 1
  while i <= #s do
    local c = s:sub(i, i)
    if c == " " then
      i = i + 1
    elseif c >= "0" and c <= "9" then
      local j = i
      while j <= #s and s:sub(j, j) >= "0" and s:sub(j, j) <= "9" do
        j = j + 1
      end
      t[#t + 1] = tonumber(s:sub(i, j - 1))
      i = j
    else
      t[#t + 1] = c
      i = i + 1
    end
  end
  return t
end
local function parse(t)
  local p = 1
  local expr
  local function atom()
    local x = t[p]
    p = p + 1
    if x == "(" then
      local e = expr()
      p = p + 1
      return e
    elseif x == "-" then
      return { "neg", atom() }
    end
    return x
  end
  local function term()
    local l = atom()
    while t[p] == "*" or t[p] == "/" or t[p] == "%" do
      local o = t[p]
      p = p + 1
      l = { o, l, atom() }
    end
    return l
  end
  function expr()
    local l = term()
    while t[p] == "+" or t[p] == "-" do
      local o = t[p]
      p = p + 1
      l = { o, l, term() }
    end
    return l
  end
  return expr()
end
local ops = {
  ["+"] = function(a, b)
    return a + b
  end,
  ["-"] = function(a, b)
    return a - b
  end,
  ["*"] = function(a, b)
    return a * b
  end,
  ["/"] = function(a, b)
    return a / b
  end,
  ["%"] = function(a, b)
    return a % b
  end,
}
local function eval(e)
  if type(e) == "number" then
    return e
  end
  if e[1] == "neg" then
    return -eval(e[2])
  end
  return ops[e[1]](eval(e[2]), eval(e[3]))
end
local src = "1 + 2 * (3 - 4) * 5 - -6 % 4 + 100 / 8 * (2 + 3 * (7 - 2))"
local ast = parse(tokens(src))
local r
for i = 1, 60 do
  r = eval(ast)
end
print(r)
for i = 1, 5 do
  r = eval(parse(tokens(src .. " + " .. i)))
end
print(r)
-- bytecode vm
local code = {}
local function emit(...)
  for _, v in ipairs({ ... }) do
    code[#code + 1] = v
  end
end
emit("push", 0, "push", 1, "label", "add", "inc", "jlt", 1000)
local prog = {
  { op = "set", r = 1, v = 0 },
  { op = "set", r = 2, v = 1 },
  { op = "add", r = 1, a = 1, b = 2 },
  { op = "addi", r = 2, a = 2, v = 1 },
  { op = "jle", a = 2, v = 300, to = 3 },
  { op = "halt" },
}
local regs, pc, steps = {}, 1, 0
while true do
  local ins = prog[pc]
  local op = ins.op
  steps = steps + 1
  if op == "set" then
    regs[ins.r] = ins.v
    pc = pc + 1
  elseif op == "add" then
    regs[ins.r] = regs[ins.a] + regs[ins.b]
    pc = pc + 1
  elseif op == "addi" then
    regs[ins.r] = regs[ins.a] + ins.v
    pc = pc + 1
  elseif op == "jle" then
    if regs[ins.a] <= ins.v then
      pc = ins.to
    else
      pc = pc + 1
    end
  else
    break
  end
end
print(regs[1], regs[2], steps)
local function perms(a, n, f)
  if n == 0 then
    f(a)
  else
    for i = 1, n do
      a[n], a[i] = a[i], a[n]
      perms(a, n - 1, f)
      a[n], a[i] = a[i], a[n]
    end
  end
end
local pc2, ps = 0, 0
perms({ 1, 2, 3, 4, 5 }, 5, function(a)
  pc2 = pc2 + 1
  ps = (ps * 31 + a[1] * 7 + a[4]) % 1000007
end)
print(pc2, ps)
local W, wt, vl = 200, {}, {}
for i = 1, 12 do
  wt[i] = i * 7 % 23 + 1
  vl[i] = i * 13 % 37 + 1
end
local dp = {}
for w = 0, W do
  dp[w] = 0
end
for i = 1, 12 do
  for w = W, wt[i], -1 do
    local c = dp[w - wt[i]] + vl[i]
    if c > dp[w] then
      dp[w] = c
    end
  end
end
print(dp[W])
local function lev(a, b)
  local p = {}
  for j = 0, #b do
    p[j] = j
  end
  for i = 1, #a do
    local q = { [0] = i }
    for j = 1, #b do
      local c = a:byte(i) == b:byte(j) and 0 or 1
      q[j] = math.min(p[j] + 1, q[j - 1] + 1, p[j - 1] + c)
    end
    p = q
  end
  return p[#b]
end
print(lev("kitten sitting on the mat", "sitting kitten at the mall"))
local q = { first = 1, last = 0 }
for i = 1, 300 do
  q.last = q.last + 1
  q[q.last] = i
  if i % 3 == 0 then
    local v = q[q.first]
    q[q.first] = nil
    q.first = q.first + 1
  end
end
print(q.first, q.last)
local cache = setmetatable({}, {
  __index = function(t, k)
    local v = k * k
    rawset(t, k, v)
    return v
  end,
})
local cs = 0
for r = 1, 20 do
  for i = 1, 100 do
    cs = cs + cache[i]
  end
end
print(cs)
local stack = {}
for i = 1, 200 do
  table.insert(stack, i)
  if i % 4 == 0 then
    table.remove(stack)
    table.remove(stack, 1)
  end
end
print(#stack, stack[1], stack[#stack])
local z = {}
for i = 1, 20 do
  table.insert(z, 1, i)
end
print(table.unpack(z, 1, 5))
print(table.concat(z, ","))
local text = {}
for i = 1, 100 do
  text[#text + 1] = ("%03d:%5.2f:%x"):format(i, i / 3, i * 255)
end
print(text[1], text[50], text[100])
local function curry(f, n, ...)
  local a = table.pack(...)
  if a.n >= n then
    return f(table.unpack(a, 1, a.n))
  end
  return function(x)
    a.n = a.n + 1
    local b = {}
    for i = 1, a.n - 1 do
      b[i] = a[i]
    end
    b[a.n] = x
    a.n = a.n - 1
    return curry(f, n, table.unpack(b, 1, a.n + 1))
  end
end
local add3 = curry(function(a, b, c)
  return a * 100 + b * 10 + c
end, 3)
local as = 0
for i = 1, 100 do
  as = as + add3(1)(i % 10)(3)
end
print(as)
