-- Iterators written in Lua: closures and state machines.
local function range(n)
  local i = 0
  return function() i = i + 1 if i <= n then return i end end
end
local s = 0
for i in range(300) do s = s + i end
print(s)
local function squares(limit, i)
  i = i + 1
  if i <= limit then return i, i * i end
end
for i, sq in squares, 300, 0 do s = s + sq end
print(s)
local function chars(text)
  local i = 0
  return function()
    i = i + 1
    if i <= #text then return i, text:sub(i, i) end
  end
end
local out = {}
for i, c in chars("hello") do out[#out + 1] = i .. c end
print(table.concat(out, " "))
for i in range(100) do
  for j in range(i % 5) do s = s + j end
end
print(s)
local function several() return function(_, n) if n < 200 then return n + 1, n * 2, n * 3, nil, "e" end end, nil, 0 end
local m = 0
for a, b, c, d, e in several() do m = m + a + b - c + (d and 1 or 0) + #e end
print(m)
local fs = {}
for i in range(5) do fs[i] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[5]())
