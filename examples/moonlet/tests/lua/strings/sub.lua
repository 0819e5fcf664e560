-- Substrings with every kind of bound.
local s = "hello world"
print(s:sub(1, 5), s:sub(7), s:sub(-5), s:sub(-5, -3), s:sub(0), s:sub(2, -2))
print(s:sub(5, 4) == "", s:sub(12) == "", s:sub(-100, 3), s:sub(3, 100), s:sub(100) == "", s:sub(1, 0) == "")
print(s:sub(math.mininteger, math.maxinteger), s:sub(2, 3.0))
local seen, distinct = {}, 0
for i = 1, 300 do
  local part = s:sub(i % 11 + 1, i % 11 + 1 + i % 3)
  if not seen[part] then
    seen[part] = true
    distinct = distinct + 1
  end
end
print(distinct)
local reversed = ""
for i = #s, 1, -1 do reversed = reversed .. s:sub(i, i) end
print(reversed, s:reverse() == reversed)
print(pcall(string.sub))
print(pcall(string.sub, "x"))
print(pcall(string.sub, "x", 1.5))
print(pcall(string.sub, "x", {}))
