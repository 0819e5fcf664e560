-- Times only tell what kind of value they are.
print(type(os.time()), math.type(os.time()), type(os.clock()), math.type(os.clock()))
print(os.clock() >= 0, os.time() > 1600000000)
local before = os.clock()
local s = 0
for i = 1, 300 do s = s + i end
print(os.clock() >= before, s)
local moved = 0
for i = 1, 300 do
  local now = os.clock()
  if now < before then moved = moved + 1 end
  before = now
end
print(moved)
