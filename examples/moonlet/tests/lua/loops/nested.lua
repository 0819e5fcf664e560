-- Loops in loops, with inner loops of varying and of short length.
local s = 0
for i = 1, 60 do
  for j = 1, i do s = s + j end
end
print(s)
s = 0
for i = 1, 200 do
  for j = 1, i % 4 do s = s + i * j end
end
print(s)
s = 0
for a = 1, 6 do for b = 1, 6 do for c = 1, 6 do for d = 1, 6 do s = s + a * b - c * d + 1 end end end end
print(s)
local i = 0
while i < 100 do
  local j = i
  while j > 0 do
    j = j // 2
    s = s + 1
  end
  i = i + 1
end
print(s)
local primes = 0
for n = 2, 400 do
  local is_prime = true
  local d = 2
  while d * d <= n do
    if n % d == 0 then is_prime = false break end
    d = d + 1
  end
  if is_prime then primes = primes + 1 end
end
print(primes)
