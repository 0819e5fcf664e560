-- and, or, not with all kinds of values.
print(nil and 1, false and 1, 1 and 2, 0 and "zero", "" and "empty")
print(nil or 1, false or 1, 1 or 2, nil or false, false or nil)
print(not nil, not false, not 0, not "", not {})
print(nil and nil or "x", 1 and nil or "y", false == nil)
print(1 and 2 or 3, nil and 2 or 3, 1 and false or 3, (1 and 2) and 3)
local calls = 0
local function call(v) calls = calls + 1 return v end
local _ = call(nil) and call(1)
_ = call(1) or call(2)
_ = call(false) or call(nil) or call(3) or call(4)
print(calls)
local n = 0
for i = 1, 300 do
  local x = i % 3 == 0 and "fizz" or i % 5 == 0 and "buzz" or i
  if x == "fizz" then n = n + 1 elseif x == "buzz" then n = n + 100 else n = n + 10000 end
end
print(n)
local t = {}
for i = 1, 200 do
  t.x = t.x or i
  t.y = i > 100 and i or t.y
  t.z = not t.z
end
print(t.x, t.y, t.z)
