-- Which rounds a numeric loop runs.
local function run(a, b, c)
  local t = {}
  for i = a, b, c do t[#t + 1] = i if #t > 8 then break end end
  print(#t .. ":", table.concat(t, " ") .. ".")
end
run(1, 5, 1) run(5, 1, -1) run(1, 0, 1) run(0, 1, -1) run(1, 1, 1) run(1, 10, 3) run(10, 1, -4)
run(-3, 3, 2) run(1, 5, 10) run(5, 1, -10)
run(1.0, 3, 1) run(1, 3.9, 1) run(1, 2, 0.5) run(2, 1, -0.25) run(0.5, 3, 1) run(1, -0.5, -1)
run(1, math.huge, 1) run(1, -math.huge, 1) run(1, -math.huge, -3) run(-1, 0 / 0, 1)
run(1, 3.0, 1) run(1.5, 1.5, 1) run(3, 1.5, -1)
for i = 1, 3 do local i = i * 10 io.write(i, ";") end
print()
local n = 0
for i = 1, 20 do for j = i, 20 do for k = 1, j, 5 do n = n + k end end end
print(n)
