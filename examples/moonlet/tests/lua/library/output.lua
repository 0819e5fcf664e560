-- print and io.write.
io.write("a", 1, 2.5, "\n")
io.write()
io.write("no newline", " ", -0.5, " ", 1e100, "\n")
print(io.write("chained ") == io.write("write\n"))
io.write("x"):write("y", 1, "\n")
print()
print(nil)
print("a\tb", 1, nil, true)
print(("x"):rep(3), "", "z")
io.write("bytes: \0\1\255 end\n")
for i = 1, 200 do
  if i % 50 == 0 then io.write(i, i < 200 and " " or "\n") end
end
print(pcall(io.write, {}))
print(pcall(io.write, nil))
print(pcall(io.write, "written first, ", true))
