-- Errors thrown out of hot loops and inlined calls, with right state afterwards.
local log = {}
local function check(i, bad)
  log.last = i
  if i == bad then error("bad " .. i, 0) end
  return i
end
local function run(n, bad)
  local s = 0
  for i = 1, n do
    s = s + check(i, bad)
    log.sum = s
  end
  return s
end
for bad = 250, 260 do
  local ok, e = pcall(run, 300, bad)
  print(ok, e, log.last, log.sum)
end
print(pcall(run, 300, 1000))
local t = {}
for i = 1, 300 do t[i] = i end
t[200] = "x"
t[201] = nil
local function sum(from)
  local s = 0
  for i = from, 300 do
    log.at = i
    s = s + t[i]
  end
  return s
end
print(pcall(sum, 1))
print(log.at)
print(pcall(sum, 201))
print(log.at)
print(pcall(sum, 202))
t[200], t[201] = 200, 201
for i = 1, 20 do
  t[i * 15] = nil
  local ok, e = pcall(sum, 1)
  if i % 5 == 0 then print(ok, e, log.at) end
  t[i * 15] = i * 15
end
print(pcall(sum, 1))
