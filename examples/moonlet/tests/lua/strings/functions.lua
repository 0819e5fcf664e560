-- rep, reverse, upper, lower.
print(("ab"):rep(3), ("ab"):rep(3, "-"), ("ab"):rep(0) == "", ("ab"):rep(-1) == "", ("ab"):rep(1, "x"), (""):rep(100) == "")
print(("abc"):reverse(), (""):reverse() == "", ("a"):reverse(), #("\0a"):reverse())
print(("Hello World 123"):upper(), ("Hello World 123"):lower(), ("\xe9"):upper() == "\xe9")
local n = 0
for i = 1, 200 do
  local s = ("xY"):rep(i % 10)
  n = n + #s:upper() + #s:reverse()
  if s:lower() == s:upper() then n = n + 1000 end
end
print(n)
print(string.rep(12, 2), (5 .. ""):rep(2))
print(pcall(string.rep))
print(pcall(string.rep, "x"))
print(pcall(string.rep, "x", "y"))
print(pcall(string.upper))
print(pcall(string.reverse, nil))
