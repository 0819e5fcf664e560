-- next, called by hand.
local t = {1, 2, 3, x = 4}
local n, s = 0, 0
local k, v = next(t)
while k do
  n, s = n + 1, s + v
  k, v = next(t, k)
end
print(n, s)
print(next({}), next({5}))
print(type(next), next({}, nil))
for i = 1, 200 do
  local u = {a = i, b = 2}
  for k, v in next, u do s = s + v end
end
print(s)
for k, v in next, {7, 8, 9}, 1 do io.write(k, "=", v, ";") end
print()
print(pcall(next, {}, "missing"))
print(pcall(next))
print(pcall(next, {}, {}))
local cleared = {}
for i = 1, 100 do cleared["k" .. i] = i end
while true do
  local key = next(cleared)
  if not key then break end
  cleared[key] = nil
end
print(next(cleared))
