-- collision detector: a red-black-like tree of events, visitors as closures, classes with inherited methods.
local ROUNDS = tonumber((...)) or 160

local Node = {}
Node.__index = Node

local function node(key, value) return setmetatable({ key = key, value = value, rank = key * 7919 % 1009 }, Node) end

-- A treap: rotations depend on ranks that nothing foresees.
local function insert(root, new)
  if not root then return new end
  if new.key == root.key then root.value = new.value return root end
  if new.key < root.key then
    local left = insert(root.left, new)
    root.left = left
    if left.rank > root.rank then
      root.left = left.right
      left.right = root
      return left
    end
  else
    local right = insert(root.right, new)
    root.right = right
    if right.rank > root.rank then
      root.right = right.left
      right.left = root
      return right
    end
  end
  return root
end

local function visit(root, low, high, f)
  while root do
    if root.key > low then visit(root.left, low, high, f) end
    if root.key > high then return end
    if root.key >= low then f(root.key, root.value) end
    root = root.right
  end
end

local Shape = {}
Shape.__index = Shape
function Shape:low() return self.at - self:extent() end
function Shape:high() return self.at + self:extent() end
local function derive(extent)
  local c = setmetatable({}, Shape)
  c.__index = c
  c.extent = extent
  return c
end
local kinds = {
  derive(function(self) return self.size end),
  derive(function(self) return self.size * 2 end),
  derive(function(self) if self.at % 3 == 0 then return 1 end return 4 end),
  derive(function() return 2 end),
}

local seed = 3
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end

local function round(r)
  local root
  for k = 1, 25 do
    local s = setmetatable({ at = random(200), size = random(6) }, kinds[(k + r) % #kinds + 1])
    root = insert(root, node(s:low() * 64 + k, s))
  end
  local hits = 0
  visit(root, -1000000, 1000000, function(key, a)
    visit(root, key + 1, a:high() * 64 + 64, function(_, b)
      if b:low() <= a:high() and b:high() >= a:low() then hits = hits + 1 end
    end)
  end)
  return hits
end

local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round(r)) % 1000000007 end
print(sum)
