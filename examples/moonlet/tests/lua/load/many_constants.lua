-- More constants than 16 bits can number, compared and added, too.
local parts = {"local t, n = {}, ..."}
for i = 1, 700 do
  local line = {}
  for k = 1, 100 do line[k] = (i * 100 + k) .. ".5" end
  parts[#parts + 1] = "t[" .. i .. "] = {" .. table.concat(line, ",") .. "}"
end
parts[#parts + 1] = "local c = 0 for i = 1, 300 do if i * 1.25 < 123.75 then c = c + 0.125 end if i == 77777.25 then c = -1 end if n == 's' .. 'far' then c = c + 1 end end"
parts[#parts + 1] = "if n == 'sfar' then c = c + 1000 end if 5.75 > c then c = 0 end return c, t[700][100], t[1][1], #t, t.x == nil"
local f = assert(load(table.concat(parts, "\n"), "=big"))
print(f("sfar"))
print(f("other"))
local g = load("local n = ... if n == 'a new one' then return 1 end if n < 987654.125 then return 2 end return 3")
print(g("a new one"), g(5), g(1e9))
local s = 0
for i = 1, 200 do s = s + g(i) end
print(s)
