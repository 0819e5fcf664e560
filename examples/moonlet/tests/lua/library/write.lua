-- `io.write` has a form of its own for floats.
io.write(1.0, " ", 2^53, " ", -0.0, " ", 1e15, " ", 1e100, " ", 0.1, " ", 1/0, " ", -1/0, " ", 3, "\n")
io.stdout:write(1.0, " ", 100.0, " ", 12345.678, " ", "x", " ", 7, "\n")
for i = 1, 60 do io.write(i / 4, i % 10 == 0 and "\n" or " ") end
print(pcall(io.write, {}))
print(pcall(io.write, nil))
