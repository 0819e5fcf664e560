-- Strings have methods, and index the string library.
local s = "Hello"
print(s:len(), s:upper(), s:lower(), s:sub(2, 3), s:byte(1), s:rep(2), s:reverse())
print(("%d items"):format(3), ("x"):rep(3), #("abc"):upper())
print(s.len == string.len, s.missing, ("x").y)
local n = 0
for i = 1, 300 do
  n = n + s:len() + s:byte(i % 5 + 1)
end
print(n)
print(pcall(function() return s:missing() end))
print(pcall(function() return s.x.y end))
print(pcall(function() s.x = 1 end))
