-- Recursion over tables, with results in several values.
local function build(d) if d == 0 then return nil end return {d, build(d - 1), build(d - 1)} end
local function measure(t)
  if not t then return 0, 0 end
  local n1, s1 = measure(t[2])
  local n2, s2 = measure(t[3])
  return n1 + n2 + 1, s1 + s2 + t[1]
end
for i = 1, 9 do print(i, measure(build(i))) end
local function permute(list, n, visit)
  if n == 0 then visit(list) return end
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    permute(list, n - 1, visit)
    list[i], list[n] = list[n], list[i]
  end
end
local count, weight = 0, 0
permute({1, 2, 3, 4, 5}, 5, function(p)
  count = count + 1
  weight = (weight * 7 + p[1] * 10 + p[5]) % 10007
end)
print(count, weight)
local function sort(t, lo, hi)
  if lo >= hi then return end
  local p, i = t[hi], lo
  for j = lo, hi - 1 do
    if t[j] < p then
      t[i], t[j] = t[j], t[i]
      i = i + 1
    end
  end
  t[i], t[hi] = t[hi], t[i]
  sort(t, lo, i - 1)
  sort(t, i + 1, hi)
end
local t = {}
for i = 1, 300 do t[i] = i * 7919 % 1009 end
sort(t, 1, #t)
local sorted = true
for i = 2, #t do if t[i - 1] > t[i] then sorted = false end end
print(sorted, t[1], t[150], t[300])
