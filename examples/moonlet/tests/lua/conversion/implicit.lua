-- Strings become numbers in arithmetic, numbers strings in concatenation.
print("10" + 5, "3" * "4", "7" - 2, "7" / 2, "7" // 2, "7.0" // 2, "7" % 4, "2" ^ 3)
print(10 .. 20, 1.5 .. "", -1 .. "x", 2^53 .. "")
print("0x10" + 0, " 5 " + 0, "1e1" + 0, "5" + 0.0)
print("10" + 0 == 10, "10" == 10, 10 .. "" == "10")
local sum = 0
for i = 1, 300 do
  sum = sum + ("" .. i) * 1
end
print(sum)
local n = 0
for i = 1, 300 do
  n = n + (i % 3 == 0 and "1" or 1)
end
print(n)
print(pcall(function() return "x" + 1 end))
print(pcall(function() return 1 + "1x" end))
print(pcall(function() return {} .. "x" end))
print(pcall(function() return "3" | 0 end))
print(pcall(function() return "3.5" | 0 end))
print(pcall(function() return "x" | 0 end))
