-- Call sites that get different numbers of results while hot.
local function some(n)
  if n == 0 then return end
  if n == 1 then return 1 end
  if n == 2 then return 1, 2 end
  return 1, 2, 3
end
local s = 0
for i = 1, 600 do
  local a, b, c = some(i % 4)
  s = s + (a or 10) + (b or 100) + (c or 1000)
end
print(s)
local function count(...) return select("#", ...) end
for i = 1, 400 do s = s + count(some(i % 4)) + count(0, some(i % 3)) end
print(s)
for i = 1, 300 do
  local t = {some(i % 4), some(i % 3)}
  s = s + #{some(i % 4)} + (t[2] or 0)
end
print(s)
local function forward(n) return some(n) end
local function forward2(n) return (some(n)) end
for i = 1, 300 do
  local a, b = forward(i % 4)
  s = s + (a or 5) + (b or 7) + (forward2(i % 2) or 3)
end
print(s)
