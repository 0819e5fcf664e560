-- stress: no (too many allocations)
-- Formats of string.pack by chance, a digest of what pack, packsize and unpack make of each hundred of them.
-- With an argument, everything is printed.
local verbose = ...
local seed = 99
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local function pick(t) return t[random(#t)] end
local digest, lines = 0, 0
local function show(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  local line = table.concat(parts, "|")
  if verbose then print((line:gsub("[%c\128-\255]", "?"))) end
  for i = 1, #line do digest = (digest * 31 + line:byte(i)) % 2147483647 end
  lines = lines + 1
end
local options = { "b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f", "d", "n", "z", "s", "s1", "s2", "s4", "x", "X", "c3", "c0", "c10", "c", " ", "<", ">", "=", "!", "!2", "!4", "!16", "!3", "i1", "i2", "i3", "i5", "i8", "i9", "i16", "I1", "I3", "I16", "i17", "i0", "Xi4", "Xi8", "Xc3", "y" }
local values = { 0, 1, -1, 100, 127, 128, 255, 256, -128, -129, 32767, 65535, 65536, math.maxinteger, math.mininteger, 1.5, 3.0, "abc", "", "a\0b", "12", ("x"):rep(300), 1e300 }
for round = 1, 20 do
  for case = 1, 100 do
    local parts, args = {}, {}
    for i = 1, random(5) do
      parts[i], args[i] = pick(options), pick(values)
    end
    local format = table.concat(parts)
    local ok, packed = pcall(string.pack, format, table.unpack(args))
    show(format, ok, packed)
    show(pcall(string.packsize, format))
    if ok then show(pcall(string.unpack, format, packed)) end
    local bytes = {}
    for i = 1, random(24) do bytes[i] = string.char(random(256) - 1) end
    if not format:find("[fdn]") then show(pcall(string.unpack, format, table.concat(bytes), pick { 1, 2, -3, 30 })) end
  end
  print(round, lines, digest)
end
