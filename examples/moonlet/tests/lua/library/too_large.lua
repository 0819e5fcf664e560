-- too much of everything fails, at once and in lua5.4's words
local function try(f, ...)
  local ok, text = pcall(f, ...)
  print(ok, ok and (type(text) == "string" and #text or text) or text)
end
try(string.rep, "x", 1e10) try(string.rep, "x", 1 << 31) try(string.rep, "x", math.maxinteger) try(string.rep, "x", math.mininteger)
try(string.rep, "ab", 1 << 30) try(string.rep, "ab", 1 << 30, ",") try(string.rep, "", 1 << 31, ",") try(string.rep, "", 1 << 62, ",,,,")
try(string.rep, "abc", 1 << 62) try(string.rep, "abcd", 1 << 62) try(string.rep, ("x"):rep(1000), 1 << 60) try(string.rep, "x", 1e300) try(string.rep, "x", 0 / 0)
try(string.rep, "", 1000) try(string.rep, "", 0, "x") try(string.rep, "", 1, "x") try(string.rep, "", 2, "x") try(string.rep, "x", -1) try(string.rep, "x", 0)
try(string.rep, "x", 1) try(string.rep, "xy", 3, "-") try(string.rep, "x", 100001, "yz") try(string.rep, "abc", 1023, "") try(string.rep, 12, 3, 4)
print(("xy"):rep(3, "-"), ("x"):rep(5, "ab"), ("x"):rep(1, "ab"), ("abc"):rep(2), (""):rep(3, "--"))
print(pcall(function() return ("x"):rep(1e10) end))
print(pcall(function() local s = "x" return s:rep(1 << 40, s) end))
try(string.format, "%100d", 1) try(string.format, "%99999d", 1) try(string.format, "%.100f", 1) try(string.format, "%.99999f", 1)
try(string.format, "%1000000000000d", 1) try(string.format, "%099d", 1) try(string.format, "%-99d", 1) try(string.format, "%99.99f", 1e308)
try(string.format, "%100s", "x") try(string.format, "%.100s", "x") try(string.format, "%99s", "x") try(string.format, "%0100d", 1) try(string.format, "%.20000s", "x")
try(string.format, "%--------------------------------d", 1) try(string.format, "% 1234567890123456789012d", 1)
try(string.format, "%100c", 65) try(string.format, "%100x", 65) try(string.format, "%100q", 65) try(string.format, "%100p", print) try(string.format, "%", 1) try(string.format, "%y", 1)
try(table.unpack, {}, 1, 1e7) try(table.unpack, {}, 1, 1e8) try(table.unpack, {}, math.mininteger, math.maxinteger)
try(table.unpack, {}, 1, math.maxinteger) try(table.unpack, {}, 0, math.maxinteger) try(table.unpack, {}, -1, math.maxinteger) try(table.unpack, {}, math.mininteger, 0)
try(table.unpack, {}, math.maxinteger, math.maxinteger) try(table.unpack, {}, math.maxinteger) try(table.unpack, {}, math.mininteger, math.mininteger) try(table.unpack, {}, 1, 2 ^ 31)
try(table.concat, {}, ",", 1, 1e10) try(table.concat, {}, ",", math.mininteger, math.maxinteger) try(table.concat, {}, ",", math.maxinteger, math.maxinteger)
try(table.concat, {}, ",", math.maxinteger, math.mininteger) try(table.concat, { "a", "b" }, ",", 1, 3) try(table.concat, { [math.maxinteger] = "x" }, ",", math.maxinteger, math.maxinteger)
try(table.concat, { [math.mininteger] = "x" }, ",", math.mininteger, math.mininteger)
try(select, 1e10, 1) try(select, math.maxinteger, 1) try(select, math.mininteger, 1)
try(string.sub, "abc", math.mininteger, math.maxinteger) try(string.sub, "abc", math.maxinteger, math.mininteger) try(string.byte, "abc", math.mininteger, math.maxinteger)
try(string.char, 256) try(string.char, -1) try(string.char, math.maxinteger)
-- hot: lengths grow until they are too large
local fails, longest = 0, 0
for i = 1, 63 do
  local ok, s = pcall(string.rep, "", 1 << i, i > 20 and "x" or "")
  if not ok then fails = fails + 1 elseif #s > longest then longest = #s end
  if i == 22 then i = 23 end
  if longest > 1000000 then break end
end
print(fails, longest)
for i = 31, 100 do
  local ok, s = pcall(string.rep, "x", 1 << 31 + i % 3)
  if not ok then fails = fails + 1 end
end
print(fails)
