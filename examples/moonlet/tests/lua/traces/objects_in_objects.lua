-- Objects that hold objects, where one of them is seen and the others are not: a thing is one thing, and
-- whoever holds it holds what is current.
local function check(name, bad) print(name, bad) end

-- the inner one is stored elsewhere; the outer one is named by exits
do
  local keep, bad = {}, 0
  for i = 1, 400 do
    local a = {n = 1}
    local o = {list = a}
    keep[1] = a
    a.n = i
    if i % 3 == 0 then o.other = i end
    if o.list ~= keep[1] or o.list.n ~= i then bad = bad + 1 end
  end
  check("inner", bad)
end

-- three deep; each of them escapes in turn, and exits come after
do
  local keep, bad = {}, 0
  for i = 1, 600 do
    local a = {v = i}
    local b = {a = a, v = i + 1}
    local c = {b = b, v = i + 2}
    if i % 5 == 0 then keep.a = a elseif i % 5 == 1 then keep.b = b elseif i % 5 == 2 then keep.c = c end
    a.v = -i
    if i % 7 == 0 then c.extra = i end
    if c.b ~= b or b.a ~= a or c.b.a.v ~= -i then bad = bad + 1 end
    if i % 5 == 0 and c.b.a ~= keep.a then bad = bad + 1 end
    if i % 5 == 1 and c.b ~= keep.b then bad = bad + 1 end
    if i % 5 == 2 and keep.c.b.a ~= a then bad = bad + 1 end
  end
  check("deep", bad)
end

-- two that hold each other, and a third that holds both
do
  local keep, bad = {}, 0
  for i = 1, 400 do
    local a, b = {n = i}, {n = -i}
    a.to, b.to = b, a
    local pair = {a, b}
    keep[i % 4 + 1] = i % 2 == 0 and a or b
    b.n = 2 * i
    if i % 9 == 0 then pair.late = true end
    local x = keep[i % 4 + 1]
    if x ~= pair[i % 2 == 0 and 1 or 2] or x.to.to ~= x or pair[1].to ~= pair[2] or pair[1].to.n ~= 2 * i then
      bad = bad + 1
    end
  end
  check("cycle", bad)
end

-- lists in lists, by constant index and by a growing one
do
  local keep, bad = {}, 0
  for i = 1, 400 do
    local inner = {i, i + 1}
    local outer = {inner, {inner, i}, i}
    keep[#keep % 5 + 1] = inner
    inner[1] = -i
    if i % 6 == 0 then outer[4] = inner end
    if outer[1] ~= outer[2][1] or outer[1][1] ~= -i then bad = bad + 1 end
    if i % 6 == 0 and outer[4] ~= outer[1] then bad = bad + 1 end
    local found = false
    for k = 1, #keep do found = found or keep[k] == outer[1] end
    if not found then bad = bad + 1 end
  end
  check("lists", bad)
end

-- replaced in its holder before it escapes, and put back after
do
  local keep, bad = {}, 0
  for i = 1, 400 do
    local a, b = {n = i}, {n = i + 1}
    local o = {x = a}
    o.x = b
    keep.a = a
    if i % 4 == 0 then o.y = i end
    if o.x ~= b or o.x == keep.a then bad = bad + 1 end
    o.x = a
    keep.b = b
    b.n = 0
    if i % 5 == 0 then o.z = i end
    if o.x ~= keep.a or o.x.n ~= i or keep.b.n ~= 0 then bad = bad + 1 end
  end
  check("replaced", bad)
end

-- handed to functions that the trace does not see into, and to some that it does
do
  local seen, bad = {}, 0
  local function remember(o) seen.last = o end
  for i = 1, 400 do
    local a = {n = i}
    local o = {a = a, list = {}}
    table.insert(o.list, a)
    if i % 2 == 0 then remember(a) else remember(o.list) end
    local text = tostring(a)
    o.list[2] = i
    if i % 3 == 0 then o.more = {a} end
    local want = i % 2 == 0 and o.a or o.list
    if seen.last ~= want or o.list[1] ~= o.a or text ~= tostring(o.list[1]) then bad = bad + 1 end
    if i % 3 == 0 and o.more[1] ~= a then bad = bad + 1 end
  end
  check("calls", bad)
end

-- carried from one iteration to the next, with what is in it
do
  local bad, keep = 0, {}
  local scope = {vars = {}, depth = 0}
  for i = 1, 500 do
    local vars = {i = i}
    local next_scope = {vars = vars, up = scope, depth = scope.depth + 1}
    if i % 3 == 0 then keep.vars = vars end
    vars.i = i * 2
    if next_scope.depth > 4 then next_scope.up, next_scope.depth = nil, 1 end
    if i % 3 == 0 and next_scope.vars ~= keep.vars then bad = bad + 1 end
    if i % 11 == 0 then next_scope.mark = vars end
    if next_scope.vars.i ~= 2 * i or next_scope.mark and next_scope.mark ~= next_scope.vars then bad = bad + 1 end
    scope = next_scope
  end
  check("carried", bad)
end

-- an error leaves while they are held, and whoever catches it sees the same
do
  local bad = 0
  local current
  for i = 1, 400 do
    local a = {n = i}
    local o = {a = a}
    current = a
    local ok, message = pcall(function()
      a.n = -i
      if i % 10 == 0 then error(o) end
      return o
    end)
    if message.a ~= current or message.a.n ~= -i or ok ~= (i % 10 ~= 0) then bad = bad + 1 end
  end
  check("errors", bad)
end

-- with metatables, closures and methods
do
  local Node = {}
  Node.__index = Node
  function Node.new(v) return setmetatable({v = v, kids = {}}, Node) end
  function Node:add(kid)
    self.kids[#self.kids + 1] = kid
    kid.parent = self
    return kid
  end
  local keep, bad = {}, 0
  for i = 1, 300 do
    local root = Node.new(i)
    local kid = root:add(Node.new(-i))
    local leaf = kid:add(Node.new(0))
    local get = function() return leaf.parent end
    if i % 2 == 0 then keep[1] = leaf elseif i % 7 == 0 then keep[1] = root.kids end
    leaf.v = i
    if i % 8 == 0 then root.name = "n" .. i end
    if get() ~= kid or leaf.parent.parent ~= root or root.kids[1].kids[1].v ~= i then bad = bad + 1 end
    if i % 2 == 0 and keep[1] ~= kid.kids[1] then bad = bad + 1 end
  end
  check("methods", bad)
end
