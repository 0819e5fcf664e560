-- find and match: positions, captures, anchors, plain text, where a search begins.
local function show(...)
  local n = select("#", ...)
  local t = {}
  for i = 1, n do t[i] = tostring((select(i, ...))) end
  print(table.concat(t, "|"))
end
show(string.find("hello world", "wor"))
show(string.find("hello world", "l+"))
show(string.find("hello world", "(o)( )(w)"))
show(string.find("hello", "", 3))
show(string.find("hello", "", 6))
show(string.find("hello", "", 7))
show(string.find("hello", "", -100))
show(string.find("hello", "l", -2))
show(string.find("a.b", ".", 1, true))
show(string.find("a.b", ".b", 2, true))
show(string.find("a+b", "+", 1, false))
show(string.find("", ""))
show(string.find("", "", 2))
show(string.find("aXb", "%u"))
show(string.match("hello", "h(.-)o"))
show(string.match("hello", "^ell"))
show(string.match("hello", "^hell"))
show(string.match("hello", "()ll()"))
show(string.match("key = value", "^(%w+)%s*=%s*(%w+)$"))
show(string.match("  trim  ", "^%s*(.-)%s*$") .. "!")
show(string.match("2024-01-31", "(%d+)-(%d+)-(%d+)"))
show(string.match("f(a(b)c)d", "%b()"))
show(string.match("THE (quick) fox", "%f[%a]%a+%f[%A]", 6))
show(string.match("abab", "(ab)%1"))
show(string.match("[[x]]", "%[%[(.*)%]%]"))
show(string.match("\0a\0b", "%z*a(%z)"))
show(string.match("x\0y", "[\0]y"))
show(string.match("a$", "a$$"))
show(string.match("a^b", "a^b"))
show(string.match("a-b", "[a%-]+"), string.match("]", "[]]"), string.match("-", "[a-]"))
show(string.match("caf\xe9", "[\xe0-\xff]"))
show(string.match(12345, 34), string.find(12345, 4))
show(("x"):rep(3):match("x-$"), ("abc"):find("b", 1, true))
for _, class in ipairs { "a", "c", "d", "g", "l", "p", "s", "u", "w", "x" } do
  local counts = {}
  for _, name in ipairs { "%" .. class, "%" .. class:upper(), "[%" .. class .. "_]" } do
    local n = 0
    for byte = 0, 255 do
      if string.char(byte):find(name) then n = n + 1 end
    end
    counts[#counts + 1] = n
  end
  show(class, counts[1], counts[2], counts[3])
end
local text = ("key%d=value;"):rep(50)
local found, at = 0, 1
while true do
  local from, to, key = text:find("(%a+%%%a)=", at)
  if not from then break end
  found, at = found + #key, to + 1
end
print(found)
