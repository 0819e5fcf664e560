-- Strings that look like numbers count, as lua5.4.4 has it: a limit keeps integers, the others do
-- not.
for i = "1", 3 do io.write("<", tostring(i), ">") end print()
for i = 1, "3" do io.write("<", tostring(i), ">") end print()
for i = 1, "3.5" do io.write("<", tostring(i), ">") end print()
for i = 1, "-1.5", -1 do io.write("<", tostring(i), ">") end print()
for i = 1, 2, "0x1" do io.write("<", tostring(i), ">") end print()
for i = 1.5, " 3 " do io.write("<", tostring(i), ">") end print()
for i = 1, "1e400" do if i > 3 then break end io.write("<", tostring(i), ">") end print()
for i = 1, "-1e400" do print("never") end
-- The order in which values are looked at: limit, step, first; a step that is zero first of all.
print(pcall(function() for i = {}, print, true do end end))
print(pcall(function() for i = {}, 1, true do end end))
print(pcall(function() for i = {}, 1, 1 do end end))
print(pcall(function() for i = {}, 1, 0 do end end))
print(pcall(function() for i = 1, {}, 0 do end end))
print(pcall(function() for i = 1.5, {}, 0 do end end))
print(pcall(function() for i = 1, "x" do end end))
print(pcall(function() for i = 1, 2, "0" do end end))
-- Not a number is below all integers.
for i = 1, 0 / 0 do print("never") end
for i = 1, 0 / 0, -1 do if i < -1 then break end io.write("<", i, ">") end print()
-- The types of a hot loop's values change.
local sum = 0
for round = 1, 300 do
  local first, limit, step = 1, 5, 2
  if round > 100 then limit = "5" end
  if round > 150 then first = "1" end
  if round > 200 then first, step = 1, "2" end
  for i = first, limit, step do sum = sum + i end
end
print(sum)
