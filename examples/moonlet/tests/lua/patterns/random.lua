-- stress: no (too many allocations)
-- Patterns and subjects by chance, a digest of what find, match, gmatch and gsub make of each hundred of them.
-- With an argument, everything is printed.
local verbose = ...
local seed = 20240229
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
local atoms = { "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%p", "%l", "%u", "%x", "%A", "%D", "%S", "%W", "%.", "%%", "%-", "[abc]", "[^ab]", "[a-c]", "[%d%s]", "[^%w]", "[]]", "[^]]", "[a%]b]", "[-a]", "[a-]", "-", "1", " ", "%g", "%c", "[%a_]", "[\1-\31]", "%z", "x" }
local suffixes = { "", "", "", "", "*", "+", "-", "?" }
local rare = { "()", "%b()", "%bab", "%f[%a]", "%f[^%w]", "%1", "%2", "%", "[", "(", ")", "[a", "%b", "%f", "^", "$", "%0", "[%", "[^" }
local function pattern(depth)
  local parts = {}
  for i = 1, random(4) do
    local n = random(24)
    if n <= 3 and depth > 0 then
      parts[i] = "(" .. pattern(depth - 1) .. ")"
    elseif n == 4 then
      parts[i] = pick(rare)
    else
      parts[i] = pick(atoms) .. pick(suffixes)
    end
  end
  return table.concat(parts)
end
local letters = { "a", "b", "c", "a", "b", "1", "2", " ", "(", ")", "-", ".", "%", "_", "A", "B", "x", "]", "\n", "\0", "\200" }
local function subject()
  local parts = {}
  for i = 1, random(16) - 1 do parts[i] = pick(letters) end
  return table.concat(parts)
end
local function repl()
  local parts = {}
  for i = 1, random(4) - 1 do parts[i] = pick { "x", "%0", "%1", "%2", "%%", "-", "%a", "%" } end
  return table.concat(parts)
end
local known = { a = "A", b = false, ab = 12, c = 1.5 }
for round = 1, 25 do
  for case = 1, 60 do
    local p, s = pattern(2), subject()
    if random(5) == 1 then p = "^" .. p end
    if random(5) == 1 then p = p .. "$" end
    show(p, s)
    show(pcall(string.find, s, p, random(8) - 4))
    show(pcall(string.match, s, p))
    show(pcall(string.gsub, s, p, repl(), pick { nil, 0, 1, 2, 100 }))
    show(pcall(string.gsub, s, p, known))
    show(pcall(string.gsub, s, p, function(x, y) if y then return y end if x ~= "a" then return x end end))
    show(pcall(function()
      local n = 0
      for x, y in s:gmatch(p) do n = n + 1 show(n, x, y) end
      return n
    end))
    show(pcall(string.find, s, p, 1, true))
  end
  print(round, lines, digest)
end
