-- Literals in all their forms, by way of load, and what is wrong with them.
local function try(text)
  local f, message = load("return " .. text, "=t")
  if not f then print(text, message) return end
  local function show(v)
    if type(v) == "string" then return (("%q"):format(v)) end
    return math.type(v) and math.type(v) .. " " .. tostring(v) or tostring(v)
  end
  print(text, show(f()))
end
for _, text in ipairs {
  "0x10", "0xA.8p0", "0x.8", "0x8.", "0xp1", "0x1p", "0x1p+4", "0xFFFFFFFFFFFFFFFFFF", "0x7fffffffffffffff",
  "9223372036854775807", "9223372036854775808", "1e308", "1e309", "3.", ".5", "3e-2", "0e12", "1e", "1e+", "3..2",
  "0x1.8P-1", "08", "1_000", "0b1", "12abc", "1e5x", "1..2", "0x1fz", "1e400", "5//0.0", "0x1p-1080", "1e-400",
  "100000000000000000000000", "-9223372036854775808", "0xfffffffffffffffff.0",
  [["\65\066\10"]], [["\x41\x7a"]], [["\u{48}\u{7FF}\u{FFFF}\u{7FFFFFFF}"]], [["\z   a"]], [["\q"]], [["\x4"]],
  [["\xZZ"]], [["\u{}"]], [["\u{80000000}"]], [["\u{41"]], [["\u41"]], [["\256"]], [["\300x"]], [['a\'b"']],
  "'a\\\nb'", "'a\\\r\nb'", "'a\nb'", "'abc", "[[a\r\nb\n\rc\rd\ne]]", "[[\n\na]]", "[==[ ]] ]=] ]==]", "[=[ x",
  "[=x", "[==", "'\\", "'\\x", "'\\u{110000}'", "\"\\u{D800}\"", "'\\z", "'\\z  \n\n  b'", "--[[x]] 1", "--[==[\n]]\n]==] 2",
  "--[[ open", "'\0'", "'\\0'", "~", "@", "$", "`", "!", "a!=b", "a.1", "a..b..", "#", "\1", "\200", "...",
} do try(text) end
print(load("x = 1 --[==[ open"))
print(load("return 1 --x")())
print(load("goto continue; local a; ::continue:: print(a)"))
