-- An arithmetic error out of a hot loop ends the program with its position.
local t = {}
for i = 1, 300 do t[i] = i end
t[280] = false
local s = 0
for i = 1, 300 do
  if i % 70 == 0 then print(i, s) end
  s = s + t[i]
end
print("never")
