-- A captured variable that is an operand is read when the operation runs, after what the other
-- operand may have assigned; one that is an argument or an item is read in its turn.
local i = 1
local function step() i = i + 10 return i end
print(i + step(), i - step(), step() - i, i * step() - i)
print(i < step(), i <= step(), i > step(), i == step(), i ~= step())
print(i, step(), i)
print(i .. " " .. step() .. " " .. i)
print(-i + step(), (i and i) + step(), (i) + step())
i = i + step() print(i)
if i < step() then print("read early") else print("read late") end
local items = {i, step(), i, [i] = step()}
print(items[1], items[2], items[3])
-- So are tables and keys that are assigned to.
local one, two, key = {name = "one"}, {name = "two"}, "a"
local function swap()
  one, two = two, one
  key = key == "a" and "b" or "a"
  return key
end
one.x = swap() print(one.x, two.x)
one[1] = swap() print(one[1], two[1])
one[key] = swap() print(one.a, one.b, two.a, two.b)
print(one[swap()], one.name .. swap(), one == swap())
one.x, two.x = swap(), swap() print(one.x, two.x)
one.y, one = swap(), two print(one.y, two.y, one == two)
key, one[key] = "c", swap() print(key, one.a, one.b, one.c)
-- Seen from another function, a variable is read in its turn, but for the table of a field.
local function within()
  print(i + step() - i, i < step(), i == step())
  one, two = {name = "one"}, {name = "two"}
  one.x = swap() print(one.x, two.x)
  one[1] = swap() print(one[1], two[1])
  one[key] = swap() print(one.a, one.b, two.a, two.b)
  print(one[swap()], one.name .. swap(), one == swap())
  one, two = {}, {}
  one["a name that is too long to be in an instruction of lua5.4"] = swap()
  print((next(one)), (next(two)))
end
within()
-- The same, hot.
local total = 0
local function walk(n)
  if n == 0 then return 1 end
  total = total + walk(n - 1)
  return n
end
for n = 1, 300 do total = total + walk(n % 10) end
print(total)
local count = 1
local counting = setmetatable({}, {__index = function(_, k) count = count + k return count end})
for n = 1, 300 do
  count = count + counting[1]
  if count < counting[2] then count = count - 5 end
  if count == counting[3] then count = count % 1000 end
  count = count % counting[4]
end
print(count)
