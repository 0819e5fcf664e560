-- Several closures over the same variables, at several depths.
local a, b = 0, 0
local function outer()
  local c = 0
  local function middle()
    local function inner()
      a, b, c = a + 1, b + 2, c + 3
      return c
    end
    return inner
  end
  return middle(), function() return c end
end
local inner, peek = outer()
local inner2 = outer()
for i = 1, 200 do
  inner()
  if i % 2 == 0 then inner2() end
end
print(a, b, peek(), inner2())
local function pair()
  local value
  return function(v) value = v end, function() return value end
end
local set, get = pair()
local n = 0
for i = 1, 300 do
  set(i % 10 == 0 and tostring(i) or i)
  if type(get()) == "string" then n = n + 1 end
end
print(n, get())
local x = 1
local function read() return x end
x = 2
print(read())
for i = 1, 200 do x = i end
print(read())
