-- Strings as keys in hot loops: constant, computed, missing.
local words = {"apple", "pear", "fig", "plum", "kiwi", "lime", "apple", "fig"}
local counts = {}
for i = 1, 800 do
  local w = words[i % 8 + 1]
  counts[w] = (counts[w] or 0) + 1
end
for i = 1, 6 do print(words[i], counts[words[i]]) end
local t = {alpha = 1, beta = 2}
local s = 0
for i = 1, 400 do
  local k = i % 2 == 0 and "alpha" or "beta"
  s = s + t[k]
  if i % 3 == 0 then s = s + (t["gam" .. "ma"] or 5) end
end
print(s)
for i = 1, 400 do
  t["k" .. i] = i
  s = s + t["k" .. (i + 1) // 2]
end
print(s, t.k400, t.k401)
local cache = {}
local hits = 0
for i = 1, 500 do
  local key = i % 10 .. ":" .. i % 3
  if cache[key] then hits = hits + 1 else cache[key] = i end
end
print(hits)
for i = 1, 300 do
  local k = i % 3 == 0 and "x" or i % 3 == 1 and i or i / 2
  cache[k] = (cache[k] or 0) + 1
end
print(cache.x, cache[1], cache[1.0], cache[2.5])
