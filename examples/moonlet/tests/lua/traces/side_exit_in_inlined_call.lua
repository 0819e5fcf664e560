-- Guards that fail inside inlined calls, several frames deep.
local function classify(x)
  if x % 2 == 0 then
    if x % 3 == 0 then return 6 end
    return 2
  elseif x % 3 == 0 then
    return 3
  end
  return 1
end
local function score(x)
  local k = classify(x)
  local extra = 0
  if k > 2 then extra = classify(x // 3) end
  return k * 10 + extra
end
local function total(i)
  local a = score(i)
  local b = score(i + 1)
  return a - b, a + b
end
local s, d = 0, 0
for i = 1, 600 do
  local x, y = total(i)
  d = d + x
  s = s + y
end
print(s, d)
local function pick(t, k)
  local v = t[k]
  if v == nil then return "none" end
  return v
end
local function twice(t, k) return pick(t, k), pick(t, -k) end
local t = {}
for i = 1, 300, 3 do t[i] = i end
local found, missing = 0, 0
for i = 1, 300 do
  local a, b = twice(t, i)
  if a == "none" then missing = missing + 1 else found = found + a end
  if b == "none" then missing = missing + 1 end
end
print(found, missing)
