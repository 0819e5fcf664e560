-- assert passes its arguments on, or raises.
print(assert(1, 2, 3))
print(assert("x"))
print(select("#", assert(true, nil, nil)))
print(pcall(assert, false))
print(pcall(assert, nil))
print(pcall(assert, false, "message"))
print(pcall(assert, nil, 42))
print(pcall(assert, false, nil))
local t = {}
print(select(2, pcall(assert, false, t)) == t)
print(pcall(assert))
print(pcall(function() assert(1 == 2, "no position added") end))
print(pcall(function() assert(false) end))
local s = 0
for i = 1, 300 do
  s = s + assert(i, "never")
  if not pcall(assert, i % 50 ~= 0, "fifty") then s = s + 1000 end
end
print(s)
