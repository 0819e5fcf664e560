-- The loop variable is a copy: assigned and captured freely.
local n = 0
for i = 1, 100 do
  local j = i
  i = i * 2
  n = n + i - j
end
print(n)
local fs = {}
for i = 1, 200, 50 do fs[#fs + 1] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[2](), fs[4]())
local limit = 10
n = 0
for i = 1, limit do limit = 1000 n = n + 1 end
print(n, limit)
for i = 1, 300 do
  i = "x" .. i
  if #i == 4 and n < 200 then n = n + 1 end
end
print(n)
