-- gsub with strings, tables and functions; gmatch with captures, positions and beginnings.
print(("hello world"):gsub("o", "0"))
print(("hello world"):gsub("o", "0", 1))
print(("hello world"):gsub("o", "0", 0))
print(("hello world"):gsub("o", "0", -1))
print(("hello"):gsub("", "-"))
print(("hello"):gsub(".", "%0%0"))
print(("hello world"):gsub("(%w+) (%w+)", "%2 %1"))
print(("hello"):gsub("l", "%%"))
print(("abc"):gsub("%w", "%1"))
print(("abc"):gsub("()b()", "%1-%2"))
print(("hello"):gsub("^h", "H"))
print(("hhh"):gsub("^h", "H"))
print(("abc"):gsub("b*", "x"))
print(("a,b,,c"):gsub(",", ", "))
print(("$name is $age"):gsub("%$(%w+)", { name = "Ann", age = 42 }))
print(("$name is $what"):gsub("%$(%w+)", { name = "Ann" }))
print(("$a$b"):gsub("%$(%w)", { a = false, b = 1.5 }))
print(("abc"):gsub("%w", function(c) return c:byte() end))
print(("abc"):gsub("%w", function(c) if c == "b" then return false end return c .. c end))
print(("abc"):gsub("(a)(b)(c)", function(...) return select("#", ...) .. table.concat({ ... }, "-") end))
print(("abc def"):gsub("%w+", string.upper))
print(("a b"):gsub("%w", { a = "%1" }))
print(string.gsub(12321, 2, 7))
print(("x"):gsub("x", 10))
print(("\0a\0"):gsub("%z", "0"))
print(#("abc"):gsub("", "\0"))
print(("abc"):gsub("(b)()", function(a, b) return a .. b end))
print(("  a  b  "):gsub("^%s+", ""):gsub("%s+$", "") .. "|")
local proxy = setmetatable({}, { __index = function(_, k) return "<" .. k .. ">" end })
print(("one two"):gsub("%w+", proxy))
print(("one two"):gsub("%w+", setmetatable({ one = 1 }, { __index = { two = 2 } })))

for word in ("one two  three"):gmatch("%a+") do io.write(word, ";") end
print()
for k, v in ("a=1, b=2, c=3"):gmatch("(%w+)=(%w+)") do io.write(k, "->", v, ";") end
print()
for at in ("abc"):gmatch("()") do io.write(at, " ") end
print()
for piece in ("a,b,,c"):gmatch("([^,]*)") do io.write("[", piece, "]") end
print()
for x in ("hello"):gmatch("^h") do io.write(x) end
print("none with ^")
for x in ("abcdef"):gmatch(".", 4) do io.write(x) end
print()
for x in ("abcdef"):gmatch(".", -2) do io.write(x) end
print()
for x in ("abc"):gmatch(".", 10) do io.write(x) end
print("none behind")
local next_word = ("a b"):gmatch("%a")
print(next_word(), next_word(), next_word(), next_word())
print(select("#", next_word()))
print(type(next_word))
local outer = {}
for line in ("a b\nc d\n"):gmatch("([^\n]*)\n") do
  for word in line:gmatch("%a") do outer[#outer + 1] = word end
end
print(table.concat(outer, " "))

-- Hot: the same iterator's code for many subjects.
local sum = 0
for i = 1, 300 do
  for n in ("1 22 333 " .. i):gmatch("%d+") do sum = sum + tonumber(n) end
  sum = sum + #(("a" .. i):gsub("%d", function(d) return d + 1 end))
end
print(sum)
