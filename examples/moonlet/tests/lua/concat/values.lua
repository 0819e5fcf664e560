-- What joins with what.
print("a" .. "b", "a" .. 1, 1 .. "a", 1 .. 2, 1.5 .. "x", -0.0 .. "", "" .. "" == "")
print("a" .. "b" .. "c" .. 1 .. 2 .. 3.0)
local parts = {}
for i = 1, 200 do parts[#parts + 1] = i .. "," .. i * 0.5 .. ";" end
local joined = table.concat(parts)
print(#joined, joined:sub(1, 30), joined:sub(-20))
local s = ""
for i = 1, 300 do s = s .. i % 10 end
print(#s, s:sub(1, 20), s:byte(300))
local n = 0
for i = 1, 300 do
  local a = "x" .. i
  local b = "x" .. i
  if a == b then n = n + 1 end
end
print(n)
