-- Branches that alternate, in regular and irregular patterns.
local a, b, c = 0, 0, 0
for i = 1, 500 do
  if i % 2 == 0 then a = a + i else b = b + i end
end
print(a, b)
local x = 12345
for i = 1, 500 do
  x = (x * 16807) % 2147483647
  local r = x % 4
  if r == 0 then a = a + 1
  elseif r == 1 then b = b + a % 7
  elseif r == 2 then c = c + b % 5
  else a = a + c % 3 end
end
print(x, a, b, c)
local state, n = 1, 0
for i = 1, 600 do
  if state == 1 then state = i % 5 == 0 and 2 or 1 n = n + 1
  elseif state == 2 then state = i % 3 == 0 and 3 or 2 n = n + 10
  else state = 1 n = n + 100 end
end
print(state, n)
for phase = 1, 6 do
  for i = 1, 100 do
    if phase % 2 == 0 then n = n + i else n = n - i end
  end
end
print(n)
