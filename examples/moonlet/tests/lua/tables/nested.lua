-- Matrices and trees.
local n = 12
local function matrix(f)
  local m = {}
  for i = 1, n do
    m[i] = {}
    for j = 1, n do m[i][j] = f(i, j) end
  end
  return m
end
local a = matrix(function(i, j) return i + j end)
local b = matrix(function(i, j) return i == j and 2 or 0 end)
local c = matrix(function() return 0 end)
for i = 1, n do
  for j = 1, n do
    local s = 0
    for k = 1, n do s = s + a[i][k] * b[k][j] end
    c[i][j] = s
  end
end
print(c[1][1], c[5][7], c[12][12])
local tree = {}
local function insert(t, k)
  if not t.key then t.key = k return end
  local side = k < t.key and "left" or "right"
  if not t[side] then t[side] = {} end
  insert(t[side], k)
end
for i = 1, 200 do insert(tree, i * 7919 % 211) end
local out = {}
local function walk(t)
  if not t then return end
  walk(t.left)
  if t.key then out[#out + 1] = t.key end
  walk(t.right)
end
walk(tree)
print(#out, out[1], out[100], out[#out])
