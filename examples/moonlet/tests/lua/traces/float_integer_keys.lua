-- Array indices that are floats, negative or out of range while hot.
local t = {}
for i = 1, 300 do t[i] = i end
local s = 0
for i = 1, 600 do
  local k = i % 2 == 0 and i / 2 or i
  s = s + (t[k] or 0)
end
print(s)
for i = -50, 350 do
  if t[i] then s = s + t[i] else s = s - 1 end
end
print(s)
for i = 1, 300 do
  t[i - 150] = -i
end
local n = 0
for k, v in pairs(t) do n = n + v end
print(n, #t, t[0], t[-149], t[150], t[151])
for i = 1, 200 do
  local k = i + 0.5
  t[k] = i
  s = s + t[k]
end
print(s, t[1.5], t[200.5], t[201.5])
