-- Lists of results are cut and filled.
local function two() return 1, 2 end
local function none() end
local a, b, c = two()
print(a, b, c)
a, b, c = two(), 10
print(a, b, c)
a, b, c = 0, two()
print(a, b, c)
a, b = (two())
print(a, b)
a, b = none()
print(a, b)
a, b, c = none(), two()
print(a, b, c)
print(two(), two())
print((two()), (none()))
local t = {two(), two(), none()}
print(#t, t[1], t[2], t[3])
t = {none(), two()}
print(t[1], t[2], t[3])
local x, y, z = 1
print(x, y, z)
local s = 0
for i = 1, 300 do
  local p, q, r = two()
  s = s + p + q + (r or 1)
  p, q = two(), i
  s = s + p * q
end
print(s)
