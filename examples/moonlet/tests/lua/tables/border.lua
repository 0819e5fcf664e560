-- The length operator where it is defined.
local t = {}
print(#t)
for i = 1, 200 do
  t[i] = true
  if #t ~= i then print("wrong border", i, #t) end
end
for i = 200, 1, -1 do
  t[i] = nil
  if #t ~= i - 1 then print("wrong border", i, #t) end
end
print(#t)
t.x = 1
t[0] = 1
t[-1] = 1
print(#t)
t[1] = 1
print(#t)
-- filled from the hash part: 2, 3, 4 wait for 1
local u = {}
u[4] = 4
u[3] = 3
u[2] = 2
u[1] = 1
print(#u)
u[5] = 5
print(#u)
local v = {1, 2, 3, x = 1}
v[4] = 4
v.y = 2
v[5] = 5
print(#v)
