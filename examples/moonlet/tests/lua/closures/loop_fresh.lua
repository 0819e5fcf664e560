-- Every round of a loop has variables of its own.
local fs = {}
for i = 1, 300 do fs[i] = function() return i end end
print(fs[1](), fs[150](), fs[300]())
for i = 1, 300 do
  local x = i
  fs[i] = {
    get = function() return x end,
    add = function(n) x = x + n end,
  }
end
fs[1].add(10)
fs[2].add(20)
print(fs[1].get(), fs[2].get(), fs[3].get(), fs[300].get())
local n = 1
while n <= 200 do
  local y = n
  fs[n] = function() y = y + 1 return y end
  n = n + 1
end
print(fs[1](), fs[1](), fs[2](), fs[200]())
local gs = {}
for k, v in ipairs({"a", "b", "c"}) do gs[k] = function() v = v .. k return v end end
print(gs[1](), gs[1](), gs[2](), gs[3]())
local r = 0
repeat
  local z = r
  fs[r + 1] = function() return z end
  r = r + 1
until z >= 150
print(fs[1](), fs[151](), r)
