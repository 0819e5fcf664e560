-- graph search: shortest paths by a binary heap, depth-first numbering and union-find over graphs that differ from round to round.
local ROUNDS = tonumber((...)) or 80

local seed = 67
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local function graph(n, degree)
  local edges = {}
  for v = 1, n do
    edges[v] = {}
    for k = 1, random(degree) + 1 do edges[v][k] = { to = random(n) + 1, cost = random(20) + 1 } end
  end
  return edges
end
local function push(heap, key, value)
  local i = #heap + 1
  heap[i] = { key = key, value = value }
  while i > 1 and heap[i // 2].key > heap[i].key do
    heap[i], heap[i // 2] = heap[i // 2], heap[i]
    i = i // 2
  end
end
local function pop(heap)
  local top, n = heap[1], #heap
  heap[1] = heap[n]
  heap[n] = nil
  n = n - 1
  local i = 1
  while 2 * i <= n do
    local child = 2 * i
    if child < n and heap[child + 1].key < heap[child].key then child = child + 1 end
    if heap[i].key <= heap[child].key then break end
    heap[i], heap[child] = heap[child], heap[i]
    i = child
  end
  return top.key, top.value
end
local function shortest(edges, from)
  local distance, heap = {}, {}
  push(heap, 0, from)
  while #heap > 0 do
    local d, v = pop(heap)
    if not distance[v] then
      distance[v] = d
      for _, e in ipairs(edges[v]) do
        if not distance[e.to] then push(heap, d + e.cost, e.to) end
      end
    end
  end
  local sum = 0
  for v = 1, #edges do sum = sum + (distance[v] or 1000) end
  return sum
end
local function depths(edges)
  local order, n = {}, 0
  local function visit(v)
    if order[v] then return end
    n = n + 1
    order[v] = n
    for _, e in ipairs(edges[v]) do visit(e.to) end
  end
  for v = 1, #edges do visit(v) end
  return order[#edges]
end
local function parts(edges)
  local parent = {}
  for v = 1, #edges do parent[v] = v end
  local function find(v)
    while parent[v] ~= v do
      parent[v] = parent[parent[v]]
      v = parent[v]
    end
    return v
  end
  local n = #edges
  for v = 1, #edges do
    for _, e in ipairs(edges[v]) do
      if e.cost < 8 then
        local a, b = find(v), find(e.to)
        if a ~= b then parent[a] = b n = n - 1 end
      end
    end
  end
  return n
end
local sum = 0
for r = 1, ROUNDS do
  local edges = graph(30, 4)
  sum = (sum * 31 + shortest(edges, r % 30 + 1) + depths(edges) * 7 + parts(edges)) % 1000000007
end
print(sum)
