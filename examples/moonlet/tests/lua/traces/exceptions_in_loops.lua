-- pcall inside hot loops, errors taken often and seldom.
local s, failures = 0, 0
local function work(i)
  if i % 7 == 0 then error("seven", 0) end
  if i % 11 == 0 then return nil + i end
  return i
end
for i = 1, 500 do
  local ok, v = pcall(work, i)
  if ok then s = s + v else failures = failures + #v end
end
print(s, failures)
for i = 1, 500 do
  local ok, e = pcall(function()
    local t = i % 100 ~= 0 and {v = i} or nil
    return t.v
  end)
  if not ok then print(i, e) else s = s + e end
end
print(s)
local function inner(i)
  for j = 1, 10 do
    if i == j * 30 then error({j}) end
    s = s + 1
  end
end
local caught = 0
for i = 1, 400 do
  local ok, e = pcall(inner, i)
  if not ok then caught = caught + e[1] end
end
print(s, caught)
local depth = 0
local function dive(n)
  depth = n
  if n == 60 then error("deep", 0) end
  dive(n + 1)
  return n
end
for i = 1, 50 do
  if not pcall(dive, i) then caught = caught + depth end
end
print(caught)
