-- string.pack, unpack and packsize: options, alignment, order of bytes, what does not fit.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function try(f, ...)
  local results = table.pack(pcall(f, ...))
  for i = 1, results.n do
    local x = results[i]
    results[i] = type(x) == "string" and f == string.pack and results[1] and hex(x) or tostring(x)
  end
  print(table.concat(results, " ", 1, results.n))
end
for _, format in ipairs { "b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "i1", "i3", "I5", "i7", "i8", "i9", "i16", "I16" } do
  for _, order in ipairs { "<", ">" } do
    try(string.pack, order .. format, 1)
    try(string.pack, order .. format, -1)
    try(string.pack, order .. format, 100)
    local packed = string.pack(order .. format, 77)
    print(format, #packed, string.packsize(format), string.unpack(order .. format, packed))
  end
end
try(string.pack, "<i2", 32767) try(string.pack, "<i2", 32768) try(string.pack, "<i2", -32768) try(string.pack, "<i2", -32769)
try(string.pack, "<I2", 65535) try(string.pack, "<I2", 65536) try(string.pack, "b", 128) try(string.pack, "B", 256)
try(string.pack, "<i8", math.mininteger) try(string.pack, ">i16", math.mininteger) try(string.pack, "<I8", -1)
try(string.pack, "<d", 1.5) try(string.pack, ">f", 1.5) try(string.pack, "<n", -0.0) try(string.pack, "<f", 1e300) try(string.pack, "<f", 0.1)
print(string.unpack("<d", string.pack("<d", 0.1)), string.unpack("<f", string.pack("<f", 0.1)))
try(string.pack, "z", "abc") try(string.pack, "z", "") try(string.pack, "z", "a\0b")
try(string.pack, "s1", "abc") try(string.pack, ">s2", "abc") try(string.pack, "<s", "abc") try(string.pack, "s1", ("x"):rep(256))
try(string.pack, "c5", "abc") try(string.pack, "c3", "abc") try(string.pack, "c2", "abc") try(string.pack, "c0", "") try(string.pack, "c", "x")
try(string.pack, "!4 b i4", 1, 2) try(string.pack, "!b Xi4 b", 1, 2) try(string.pack, "<!4 i1 !2 i4 !8 i8", 1, 2, 3) try(string.pack, "bxxb", 1, 2)
try(string.pack, "!4 b Xb b", 1, 2) try(string.pack, "X", 1) try(string.pack, "Xz", 1) try(string.pack, "Xc1", 1) try(string.pack, "!3 i4", 1) try(string.pack, "!4 i3", 1)
try(string.pack, "<!4 i1 c3 i4", 1, "ab", 2) try(string.pack, "!i1 s4", 1, "ab")
try(string.pack, "i0", 1) try(string.pack, "i17", 1) try(string.pack, "!17", 1) try(string.pack, "y", 1) try(string.pack, "i", "x") try(string.pack, "i", 1.5) try(string.pack, "i", "12")
try(string.pack, "ii", 1) try(string.pack, "") try(string.pack, "i\0y", 1) try(string.pack, "< > = i1", 1) try(string.pack)
try(string.unpack, "<i2 i2", "\1\0\2\0") try(string.unpack, "<i2", "\1") try(string.unpack, "<i2", "\1\0\2\0", 3) try(string.unpack, "<i2", "\1\0\2\0", -2)
try(string.unpack, "<i2", "\1\0\2\0", 5) try(string.unpack, "<i2", "\1\0\2\0", 6) try(string.unpack, "", "abc") try(string.unpack, "", "abc", 4) try(string.unpack, "", "abc", 5)
try(string.unpack, "z", "abc\0def") try(string.unpack, "z", "abc") try(string.unpack, "zz", "a\0b\0") try(string.unpack, "s1", "\3abcd") try(string.unpack, "s1", "\5abc") try(string.unpack, "s", "abc")
try(string.unpack, "c3", "abcd") try(string.unpack, "c5", "abcd") try(string.unpack, "xxb", "\0\0\7") try(string.unpack, "!4 b i4", "\1\0\0\0\2\0\0\0")
try(string.unpack, "<i9", ("\xff"):rep(9)) try(string.unpack, "<i9", ("\xff"):rep(8) .. "\1") try(string.unpack, "<I9", ("\xff"):rep(8) .. "\0") try(string.unpack, "<I9", ("\xff"):rep(9)) try(string.unpack, ">i16", ("\0"):rep(15) .. "\9")
try(string.unpack, "i4") try(string.unpack, "i4", {}) try(string.unpack, "y", "abc")
try(string.packsize, "i4i8") try(string.packsize, "!8 i4 i8") try(string.packsize, "s") try(string.packsize, "z") try(string.packsize, "c10 b") try(string.packsize, "c2147483640c2147483640") try(string.packsize, "")
local total = 0
for i = 1, 300 do
  local a, b, at = string.unpack("<i4 s1", string.pack("<i4 s1", i, ("x"):rep(i % 7)))
  total = total + a + #b + at
end
print(total)
