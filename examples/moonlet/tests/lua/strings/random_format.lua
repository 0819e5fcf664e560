-- stress: no (too many allocations)
-- Conversions of string.format by chance, a digest of what each hundred of them writes.
-- With an argument, everything is printed.
local verbose = ...
local seed = 4711
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
  if verbose then print((line:gsub("%c", "?"))) end
  for i = 1, #line do digest = (digest * 31 + line:byte(i)) % 2147483647 end
  lines = lines + 1
end
local letters = { "d", "i", "u", "o", "x", "X", "a", "A", "f", "e", "E", "g", "G", "s", "q", "c", "d", "f", "g", "s", "y", "" }
local flags = { "", "", "", "-", "+", " ", "#", "0", "-0", "+ ", "#0", "- +" }
local widths = { "", "", "5", "10", "20", "99", "100", "3", "0" }
local precisions = { "", "", ".", ".0", ".1", ".3", ".10", ".14", ".17", ".20", ".99", ".100" }
local values = { 0, 1, -1, 42, -42, 255, 65, math.maxinteger, math.mininteger, 0.0, -0.0, 0.5, 1.5, 2.5, -0.1, 0.1, 1 / 3, 1e15, 1e16, 1e100, 1e-5, 1e-100, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 123456789.125, 1 / 0, -1 / 0, "7", "0x10", "1e2", "text", "", "a\nb\\\"\0001\r", 3.0, -7.0, 100000, 99999.5, 1e14, 123456.5 }
for round = 1, 20 do
  for case = 1, 150 do
    local format = "%" .. pick(flags) .. pick(widths) .. pick(precisions) .. pick(letters)
    local value = pick(values)
    show(format, value, pcall(string.format, format .. "|", value))
  end
  print(round, lines, digest)
end
for round = 1, 10 do
  for case = 1, 60 do
    -- Any double.
    local x = (string.unpack("d", string.pack("i2i2i2i2", random(32768) - random(32768) - 1 , random(32768) - 1, random(32768) - 1, random(32768) - 16384)))
    if x == x then
      show(("%.17g"):format(x), ("%a"):format(x), ("%.3a"):format(x), ("%.0f"):format(x), ("%.3f"):format(x), ("%e"):format(x), x, ("%q"):format(x), ("%.14g"):format(x), ("%#.5g"):format(x))
      show(tonumber(("%.17g"):format(x)) == x, tonumber(("%a"):format(x)) == x)
    end
  end
  print(round, lines, digest)
end
