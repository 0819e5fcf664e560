-- Functions hot from several callers, returning to different places.
local function helper(x)
  local s = 0
  for i = 1, x do s = s + i end
  return s
end
local function caller_a(x) local v = helper(x) return v + 1 end
local function caller_b(x) return helper(x) * 2 end
local function caller_c(x) local t = {helper(x), helper(x + 1)} return t[1] - t[2] end
local s = 0
for i = 1, 200 do
  local k = i % 10
  if i % 3 == 0 then s = s + caller_a(k)
  elseif i % 3 == 1 then s = s + caller_b(k)
  else s = s + caller_c(k) end
end
print(s)
local function visit(n, f)
  if n == 0 then return f() end
  local r = visit(n - 1, f)
  return r + n
end
for i = 1, 100 do s = s + visit(i % 15, function() return i end) end
print(s)
local depth_sum = 0
local function recurse(n)
  if n <= 0 then return 1 end
  local a = recurse(n - 1)
  local b = recurse(n - 3)
  depth_sum = depth_sum + 1
  return (a + b * 2) % 997
end
for i = 1, 12 do s = s + recurse(i) end
print(s, depth_sum)
