-- Integer keys that come in another order than theirs, so that they move from the hash part to
-- the array in one go or one by one.
local function filled(n, step, start)
  local t = {}
  for i = 1, n do
    local key = (i * step) % n + start
    t[key] = (t[key] or 0) + key
    if i % 50 == 0 then t["name" .. i] = i end
    if i % 7 == 0 then t[key] = nil end
    if i % 11 == 0 then t[key] = key end
  end
  return t
end
local function show(t)
  local count, sum, names = 0, 0, 0
  for k, v in pairs(t) do
    if type(k) == "number" then
      count, sum = count + 1, sum + v
      assert(k == v)
    else
      names = names + v
    end
  end
  return count, sum, names
end
print(show(filled(211, 37, 1)))
print(show(filled(256, 77, 0)))
print(show(filled(300, 7, -20)))
print(show(filled(128, 5, 100000)))
-- All of them there: the length is known.
local t = {}
for i = 1, 199 do t[(i * 54) % 199 + 1] = i end
print(#t, t[1], t[100], t[199])
for i = 199, 100, -1 do t[i] = nil end
print(#t)
for i = 150, 100, -1 do t[i] = i end
print(#t, t[150])
-- With values that are nil by the time they would move.
local u = {}
for i = 40, 2, -1 do u[i] = i end
for i = 40, 2, -2 do u[i] = nil end
for i = 41, 80 do u[i] = i end
u[1] = 1
local rest = 0
for k, v in pairs(u) do rest = rest + v end
print(rest, u[1], u[2], u[3], u[41], u[80], u[81])
