-- utf8: all functions, strict and lax, with positions in and out of the string.
local function try(f, ...)
  local results = table.pack(pcall(f, ...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  print(table.concat(results, " ", 1, results.n))
end
local function bytes(s) return (s:gsub(".", function(c) return ("\\%d"):format(c:byte()) end)) end
print(bytes(utf8.charpattern))
for _, code in ipairs { 0, 65, 127, 128, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xffff, 0x10000, 0x10ffff, 0x110000, 0x1fffff, 0x200000, 0x3ffffff, 0x4000000, 0x7fffffff } do
  local s = utf8.char(code)
  print(code, bytes(s), #s)
  try(utf8.codepoint, s) try(utf8.codepoint, s, 1, 1, true) try(utf8.len, s) try(utf8.len, s, 1, -1, true)
end
print(utf8.char(72, 228, 8364, 128512), utf8.char(), #utf8.char(0))
try(utf8.char, -1) try(utf8.char, 0x80000000) try(utf8.char, "x") try(utf8.char, 1.5) try(utf8.char, 65, {})
local text = "häß€😀z"
print(#text, utf8.len(text), utf8.len(""), utf8.len("abc", 4), utf8.len("abc", 2, 3), utf8.len("abc", -1))
for i = -14, 14 do
  try(utf8.len, text, i) try(utf8.len, text, 1, i) try(utf8.codepoint, text, i) try(utf8.offset, text, i) try(utf8.offset, text, 1, i) try(utf8.offset, text, -1, i) try(utf8.offset, text, 0, i)
end
for _, bad in ipairs { "\x80", "a\xff", "\xc0\x80", "\xe0\x80\x80", "\xc3", "\xc3x", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xe2\x82" } do
  try(utf8.len, bad) try(utf8.len, bad, 1, -1, true) try(utf8.codepoint, bad, 1, -1) try(utf8.codepoint, bad, 1, -1, true)
  try(function() for p, c in utf8.codes(bad) do io.write(p, ":", c, " ") end end)
  try(function() for p, c in utf8.codes(bad, true) do io.write(p, ":", c, " ") end end)
end
for p, c in utf8.codes(text) do io.write(p, "=", c, " ") end print()
for c in text:gmatch(utf8.charpattern) do io.write("[", c, "]") end print()
try(utf8.len) try(utf8.len, {}) try(utf8.codes) try(utf8.offset, "abc") try(utf8.offset, "abc", 1, 6) try(utf8.offset, "abc", 5) try(utf8.offset, "abc", -4) try(utf8.codepoint, "abc", 4) try(utf8.codepoint, "abc", 1, 4) try(utf8.codepoint, "abc", 3, 2) try(utf8.len, "abc", 5) try(utf8.len, "abc", 1, 4)
local sum = 0
for i = 1, 200 do
  for _, c in utf8.codes(text) do sum = sum + c end
  sum = sum + utf8.offset(text, 3) + utf8.len(text)
end
print(sum)
