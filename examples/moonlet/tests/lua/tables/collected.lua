-- A loop that makes tables and keeps few is collected, whatever runs it.
-- stress: no (it counts what is in use)
local kept = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
for i = 1, 40000 do
  kept[i % 10 + 1] = {}
end
print(#kept, collectgarbage("count") < 3000)

-- Where other things are allocated, too.
local texts = {}
for i = 1, 20000 do
  local row = {i, i + 1}
  kept[i % 10 + 1] = row
  texts[i % 10 + 1] = "row " .. row[2]
end
print(#kept, texts[1], collectgarbage("count") < 3000)
