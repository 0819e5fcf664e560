-- Errors deep in inlined calls keep their positions and unwind to the right pcall.
local function leaf(x)
  return x.value + 1
end
local function middle(x)
  local r = leaf(x)
  return r * 2
end
local function top(x)
  return middle(x) - 1
end
local good, bad = {value = 1}, {value = {}}
local ok_count, failed, message = 0, 0, nil
for i = 1, 400 do
  local ok, r = pcall(top, i % 40 == 0 and bad or i % 41 == 0 and 5 or good)
  if ok then
    ok_count = ok_count + r
  else
    failed = failed + 1
    message = r
  end
end
print(ok_count, failed, message)
print(pcall(top, nil))
print(pcall(top, bad))
print(pcall(top, {}))
local function protected(i)
  local ok, e = pcall(leaf, i % 3 == 0 and {} or good)
  return ok and e or -1
end
local s = 0
for i = 1, 300 do s = s + protected(i) + protected(i + 1) end
print(s)
local function rethrow(i)
  local ok, e = pcall(leaf, i % 2 == 0 and bad or good)
  if not ok then error({e}, 0) end
  return e
end
local tables = 0
for i = 1, 300 do
  local ok, e = pcall(rethrow, i)
  if not ok then tables = tables + #e end
end
print(tables)
