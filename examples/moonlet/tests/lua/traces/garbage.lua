-- Garbage made in hot loops while old objects stay alive.
local keep = {}
local s = 0
for i = 1, 600 do
  local t = {i, i + 1, x = {i}}
  local str = "s" .. i
  if i % 50 == 0 then keep[#keep + 1] = t keep[str] = str end
  s = s + t[1] + t.x[1] + #str
end
print(s, #keep, keep.s50, keep[12].x[1])
local list = nil
for i = 1, 400 do
  list = {value = i, next = list}
  if i % 40 == 0 then list = list.next end
  if i % 100 == 0 then
    local n = 0
    local p = list
    while p do n = n + 1 p = p.next end
    print(i, n)
  end
end
local buffer = ""
for i = 1, 300 do
  buffer = buffer .. i
  if #buffer > 40 then buffer = buffer:sub(-10) end
end
print(buffer)
local function node(d) if d == 0 then return {} end return {node(d - 1), node(d - 1)} end
local function count(t) if t[1] then return 1 + count(t[1]) + count(t[2]) end return 1 end
for i = 1, 12 do s = s + count(node(i % 7)) end
print(s)
