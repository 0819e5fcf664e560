-- `select` with one answer wanted, in hot loops and with every kind of first argument.
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local n = 0
for i = 1, 200 do n = n + sum(i, 2, 3, 4) + sum() + sum(0.5) end
print(n)
local function last(...) return (select(-1, ...)) end
local function pick(k, ...) local x = select(k, ...) return x end
local seen = {}
for i = 1, 100 do
  seen[#seen + 1] = tostring(pick(i % 5 + 1, "a", nil, i, {} ~= nil, 2.5)) .. last(1, 2, i)
end
print(table.concat(seen, " ", 90))
for i = 1, 100 do
  local x, y = select(2, i, i + 1, i + 2), select("2", "p", "q")
  if i == 100 then print(x, y, pick(2.0, "one", "two"), pick(3, 1), pick(4, 1, 2)) end
end
print(pcall(pick, 0, 1))
print(pcall(pick, -2, 1))
print(pcall(pick, "x", 1))
print(pcall(pick, nil, 1))
print(pcall(pick, 1.5, 1))
print(select("#"), select("#", nil, nil), (select("#", pick(1))))
local long = string.rep("#", 60)
print(pcall(pick, long, 1))
