-- Sites whose types change midway, errors caught in loops, functions of many kinds at one call.
local function add(a, b)
  return a + b
end
local s = 0
for i = 1, 3000 do
  if i == 1500 then
    s = s + 0.5
  end
  s = add(s, i)
end
print(s)
local acc = {}
for i = 1, 2000 do
  local x = i
  if i % 5 == 0 then
    x = "n" .. i
  elseif i % 7 == 0 then
    x = i + 0.5
  elseif i % 11 == 0 then
    x = nil
  elseif i % 13 == 0 then
    x = { i }
  end
  local t = type(x)
  acc[t] = (acc[t] or 0) + 1
  if t == "number" then
    acc.sum = (acc.sum or 0) + x
  end
end
print(acc.number, acc.string, acc.table, acc["nil"], acc.sum)
local V = {}
V.__index = function(t, k)
  if k == "len2" then
    return t.x * t.x + t.y * t.y
  end
  return V[k]
end
function V.new(x, y)
  return setmetatable({ x = x, y = y }, V)
end
function V.plus(a, b)
  return V.new(a.x + b.x, a.y + b.y)
end
local v = V.new(0, 0)
for i = 1, 2000 do
  v = v:plus(V.new(1, i % 2 == 0 and 0.5 or 1))
end
print(v.x, v.y, v.len2)
local log = {}
local proxy = setmetatable({}, {
  __newindex = function(t, k, v)
    if v == "raw" then
      rawset(t, k, v)
    else
      log[#log + 1] = k .. "=" .. tostring(v)
    end
  end,
})
for i = 1, 300 do
  proxy["k" .. i % 10] = i
end
print(#log, log[300])
proxy.z = "raw"
proxy.z = 5
print(proxy.z)
local ok, n = 0, 0
for i = 1, 1000 do
  local good, e = pcall(function(x)
    if x % 10 == 3 then
      error("bad " .. x)
    elseif x % 10 == 4 then
      error({ x })
    elseif x % 10 == 5 then
      local t = nil
      return t[x]
    end
    return x
  end, i)
  if good then
    ok = ok + 1
  else
    n = n + (type(e) == "string" and #e or e[1])
  end
end
print(ok, n)
local fns = {
  math.floor,
  math.abs,
  function(x)
    return x * 2
  end,
  tostring,
  function(x)
    return x .. ""
  end,
  math.sqrt,
}
local out = {}
for i = 1, 1200 do
  local r = fns[i % #fns + 1](i)
  out[#out + 1] = tostring(r)
end
print(#table.concat(out), out[7], out[1200])
local m = math.maxinteger - 500
local c = 0
for i = 1, 1000 do
  m = m + 1
  if m < 0 then
    c = c + 1
  end
end
print(m, c)
local x = 1
for i = 1, 200 do
  x = x * 3
end
print(x)
x = 1.0
for i = 1, 700 do
  x = x * 3
end
print(x)
local i, k = 0, 0
while true do
  i = i + 1
  if i > 5000 then
    break
  end
  if i % 2 == 0 then
    goto cont
  end
  k = k + i
  ::cont::
end
print(k)
local arr = {}
for i = 1, 100 do
  arr[i] = i
end
for r = 1, 50 do
  for i = 1, #arr do
    if i % 10 == r % 10 then
      arr[i] = arr[i] + 0.25
    else
      arr[i] = arr[i] + 1
    end
  end
end
local t = 0
for _, q in ipairs(arr) do
  t = t + q
end
print(t)
local holes = {}
for i = 1, 1000 do
  holes[i % 50 + 1] = (i % 3 ~= 0) and i or nil
end
local hc = 0
for k, v in pairs(holes) do
  hc = hc + v
end
print(hc)
local str = ""
for i = 1, 500 do
  str = str .. string.char(65 + i % 26)
  if #str > 50 then
    str = str:sub(20)
  end
end
print(str)
local eq = 0
for i = 1, 1000 do
  local a, b = "x" .. i % 10, "x" .. i % 7
  if a == b then
    eq = eq + 1
  elseif a < b then
    eq = eq + 1000
  end
end
print(eq)
local function rec(n, ...)
  if n == 0 then
    return ...
  end
  return rec(n - 1, n, ...)
end
print(select("#", rec(100)), (rec(50)))
for _, f in ipairs({ 1, 1.0, "1", 2 ^ 53 }) do
  local t = {}
  t[f] = "v"
  print(t[1], t[1.0], t["1"], t[2 ^ 53 | 0])
end
local bits = 0
for i = 0, 2000 do
  bits = bits ~ (i << (i % 70)) ~ (i >> (i % 5)) & ~i | i // 3
end
print(bits)
local fl = 0
for i = -1000, 1000 do
  if i ~= 0 then
    fl = fl + 1000 // i + 1000 % i + 1000.5 // i + 1000.5 % i
  end
end
print(fl)
local cnt = 0
for i = 3, 1, -1 do
  for j = i, 10, i do
    cnt = cnt * 3 + j
    cnt = cnt % 1000003
  end
end
print(cnt)
