-- Loads after stores through other names see what was stored.
local t = {x = 1, [1] = 10}
local u = t
local s = 0
for i = 1, 400 do
  t.x = i
  s = s + u.x
  u.x = s % 100
  s = s + t.x
  t[1] = i
  u[1] = u[1] + 1
  s = s + t[1]
  local k = i % 2 == 0 and 1 or 2
  t[k] = i * 2
  s = s + (u[1] or 0) + (u[2] or 0)
end
print(s, t.x, t[1], t[2])
local v = 0
local function get() return v end
local function set(x) v = x end
for i = 1, 400 do
  set(i)
  local a = v
  v = v + 1
  s = s + a + get()
end
print(s, v)
count = 0
local function bump() count = count + 1 end
for i = 1, 300 do
  count = count + 1
  bump()
  s = s + count
end
print(s, count)
