-- Comparisons with constants of every type while the value changes.
local values = {nil, true, false, 0, 1, 0.0, 1.5, "x", "y", {}, print}
local hit = {0, 0, 0, 0, 0, 0, 0, 0}
for i = 1, 660 do
  local v = values[i % 11 + 1]
  if v == nil then hit[1] = hit[1] + 1 end
  if v == true then hit[2] = hit[2] + 1 end
  if v == false then hit[3] = hit[3] + 1 end
  if v == 0 then hit[4] = hit[4] + 1 end
  if v == 1.5 then hit[5] = hit[5] + 1 end
  if v == "x" then hit[6] = hit[6] + 1 end
  if v ~= "y" then hit[7] = hit[7] + 1 end
  if v then hit[8] = hit[8] + 1 end
end
print(table.concat(hit, " "))
