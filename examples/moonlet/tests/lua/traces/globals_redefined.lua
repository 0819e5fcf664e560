-- Globals that change value, type and existence while hot.
function step(x) return x + 1 end
total = 0
for i = 1, 600 do
  total = step(total)
  if i == 200 then step = function(x) return x + 2 end end
  if i == 400 then step = math.floor end
  if i == 500 then function step(x) return x - 1 end end
end
print(total)
limit = 10
local n = 0
for i = 1, 400 do
  if i % limit == 0 then n = n + 1 end
  if i == 100 then limit = 7 end
  if i == 250 then limit = 2.5 end
end
print(n)
for i = 1, 400 do
  if defined_later then n = n + defined_later end
  if i == 150 then defined_later = 1 end
  if i == 300 then defined_later = nil end
end
print(n)
for i = 1, 200 do
  new_global = (new_global or 0) + i
  other_global = new_global
end
print(new_global, other_global)
