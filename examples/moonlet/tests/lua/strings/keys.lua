-- Strings as keys, made at run time and equal to literals.
local t = {}
for i = 1, 300 do
  local k = "key" .. i % 30
  t[k] = (t[k] or 0) + i
end
print(t.key0, t.key1, t["key" .. 29], t.key30)
local sum = 0
for i = 0, 29 do sum = sum + t["key" .. i] end
print(sum)
t[""] = "empty"
t["with space"] = 1
t["\0"] = 2
print(t[""], t["with space"], t["\0"], t["\0\0"])
local long = ("x"):rep(100)
t[long] = "long"
print(t[("x"):rep(50) .. ("x"):rep(50)], t[("x"):rep(99)])
print(t["1"], t[1])
t[1], t["1"] = "one", "string one"
print(t["1"], t[1])
