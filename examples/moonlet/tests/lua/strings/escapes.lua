-- Every escape in a string literal.
local s = "\a\b\f\n\r\t\v\\\"\'\065\x41\u{41}\z
           end\0of\
line"
print(#s)
for i = 1, #s do io.write(string.byte(s, i), i < #s and " " or "\n") end
print("tab\there", 'single "quotes"', "double 'quotes'", "\u{20AC}\u{7FFFFFFF}" == "\xE2\x82\xAC\xFD\xBF\xBF\xBF\xBF\xBF")
print("\65\066\0677", "\x61\x62", #"\0\00\000")
print([[long
string]], [==[with ]] and ]=] inside]==], [[
first newline skipped]])
print("a\z

      b", "\z  c")
print(#"\u{7F}", #"\u{80}", #"\u{7FF}", #"\u{800}", #"\u{FFFF}", #"\u{10000}")
