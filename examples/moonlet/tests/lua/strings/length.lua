-- Length of strings, with any bytes inside.
print(#"", #"a", #"abc", #"\0\0", #"\u{20AC}", ("x"):len(), string.len("hello"))
local total = 0
local s = ""
for i = 1, 300 do
  s = s .. "x"
  total = total + #s
end
print(total, #s)
local words = {"a", "bb", "ccc", "dddd"}
local n = 0
for i = 1, 400 do n = n + #words[i % 4 + 1] end
print(n)
