-- What reads as a number.
print(tonumber("10"), tonumber("  10  "), tonumber("10.5"), tonumber("1e2"), tonumber("0x10"), tonumber("-7"))
print(tonumber(""), tonumber(" "), tonumber("x"), tonumber("1x"), tonumber("1 2"), tonumber("- 1"), tonumber("0x"))
print(tonumber(5), tonumber(5.5), tonumber(nil), tonumber(true), tonumber({}))
print(tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("7", 8))
print(tonumber("-ff", 16), tonumber("  101  ", 2), tonumber("1.0", 10), tonumber("", 10))
print(tonumber("1e"), tonumber(".5"), tonumber("5."), tonumber("."), tonumber("0x.8"), tonumber("0x1p4"), tonumber("0xA.8p1"))
print(tonumber("inf"), tonumber("nan"), tonumber("1e400"), tonumber("-1e400"))
print(tonumber("9223372036854775807"), tonumber("9223372036854775808"), tonumber("-9223372036854775808"))
print(tonumber("0xffffffffffffffff"), tonumber("0x1ffffffffffffffff"))
print(tonumber("1_000"), tonumber("1,5"), tonumber("\t7\n"), tonumber("7\0"))
local sum = 0
for i = 1, 300 do
  sum = sum + tonumber(i .. "") + tonumber(i .. ".5") + (tonumber("k" .. i) or 1)
end
print(sum)
print(pcall(tonumber))
print(pcall(tonumber, 5, 10))
print(pcall(tonumber, "5", 99))
