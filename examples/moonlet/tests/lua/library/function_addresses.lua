-- functions of the library as text: an address that is theirs alone and stays the same
local seen, count = {}, 0
local function check(name, f)
  if type(f) ~= "function" then return end
  local text = tostring(f)
  if text:sub(1, 12) ~= "function: 0x" then print("odd", name, text) end
  for i = 13, #text do
    local byte = text:byte(i)
    if not (byte >= 48 and byte <= 57 or byte >= 97 and byte <= 102) then print("odd", name, text) end
  end
  if string.format("%p", f) ~= text:sub(11) then print("%p", name, text, string.format("%p", f)) end
  if string.format("%s", f) ~= text or tostring(f) ~= text then print("changes", name) end
  if seen[text] and seen[text] ~= f then print("twice", name, text) end
  if not seen[text] then count = count + 1 end
  seen[text] = f
end
for _, library in ipairs { "string", "math", "table", "os" } do
  for name, f in pairs(_G[library]) do check(library .. "." .. name, f) end
end
for i, f in ipairs { print, type, tostring, tonumber, assert, error, pcall, select, rawequal, rawlen, rawget, rawset,
  setmetatable, getmetatable, next, pairs, ipairs, collectgarbage, io.write, io.stdout.write, io.stdout.flush,
  function() return count end, function() return i end } do
  check(i, f)
end
check("step", (ipairs {}))
check("step", (ipairs { 1 }))
check("next", (pairs {}))
print(count > 70, (pairs {}) == next, (ipairs {}) == (ipairs { 2 }), io.stdout.write == io.stderr.write)
print(pcall(string.format, "%p"), (string.format("%p", 1)), (string.format("%10p|", nil)), (string.format("%p", true)))
local same = tostring(print)
for i = 1, 100 do
  local f = i % 2 == 0 and print or same
  if tostring(f) ~= same then print("changed", i) end
end
local one, other = {}, {}
local text = { tostring(print) ~= tostring(type), tostring(one) ~= tostring(other) }
print(text[1], text[2])
