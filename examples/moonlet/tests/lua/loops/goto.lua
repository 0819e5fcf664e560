-- Loops made of goto.
local i, s = 1, 0
::top::
if i <= 300 then
  s = s + i
  i = i + 1
  goto top
end
print(i, s)
do
  local k = 0
  ::a::
  k = k + 1
  if k < 100 then goto b end
  goto done
  ::b::
  s = s + 1
  goto a
  ::done::
end
print(s)
local fs = {}
do
  local n = 1
  ::again::
  local x = n * 10
  fs[n] = function() x = x + 1 return x end
  n = n + 1
  if n <= 150 then goto again end
end
print(fs[1](), fs[1](), fs[2](), fs[150]())
for r = 1, 3 do
  local n = 0
  ::loop::
  n = n + r
  if n < 100 then goto loop end
  print(r, n)
end
