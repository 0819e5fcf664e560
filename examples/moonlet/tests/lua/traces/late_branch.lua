-- Branches first taken long after the loop was compiled.
local s, rare, very_rare = 0, 0, 0
for i = 1, 2000 do
  if i == 1500 then very_rare = very_rare + s
  elseif i % 400 == 399 then rare = rare + i
  else s = s + 1 end
  if i > 1990 then s = s - 2 end
end
print(s, rare, very_rare)
local t = {}
for i = 1, 600 do
  if i == 300 then t = setmetatable(t, {__index = function(_, k) return k end}) end
  if i == 500 then t = "a string" end
  if i < 500 then s = s + (t[i] or 1) else s = s + #t end
end
print(s)
