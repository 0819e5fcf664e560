-- error's level says whose position the message gets.
local function level(n)
  error("level " .. n, n)
end
local function caller(n)
  level(n)
end
local function callers_caller(n)
  caller(n)
end
for n = 0, 3 do print(pcall(callers_caller, n)) end
print(pcall(function() error("own line") end))
print(pcall(function() error("no position", 0) end))
print(select(2, pcall(function() error({code = 5}, 1) end)).code)
local function check(x)
  if type(x) ~= "number" then error("number wanted", 2) end
  return x
end
print(pcall(function()
  check(1)
  check("x")
end))
local positions = 0
for i = 1, 200 do
  local ok, e = pcall(function() check(i % 10 == 0 and "x" or i) end)
  if not ok and e == "levels.lua:25: number wanted" then positions = positions + 1 end
end
print(positions)
for n = 1, 4 do
  print(pcall(function() error("protected", n) end))
  print(pcall(function() return pcall(function() error("twice", n) end) end))
end
