-- while and repeat.
local n, steps = 27, 0
while n ~= 1 do
  if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end
  steps = steps + 1
end
print(steps)
local i = 0
repeat
  local done = i >= 200
  i = i + 1
until done
print(i)
while false do print("never") end
repeat i = i - 1 until true
print(i)
local outer, total = 0, 0
while outer < 30 do
  local inner = 0
  repeat
    inner = inner + 1
    if inner == outer then break end
    total = total + 1
  until inner >= 20
  outer = outer + 1
end
print(outer, total)
while true do
  i = i - 1
  if i < 50 then break end
end
print(i)
