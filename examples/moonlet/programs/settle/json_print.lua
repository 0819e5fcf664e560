-- JSON: a recursive printer over values of every type; one dispatch on types, loops over pairs and over bytes of strings.
local ROUNDS = tonumber((...)) or 100

local escapes = { [34] = '\\"', [92] = "\\\\", [10] = "\\n", [9] = "\\t" }
local function quoted(text)
  local out, from = {}, 1
  for i = 1, #text do
    local escape = escapes[text:byte(i)]
    if escape then
      out[#out + 1] = text:sub(from, i - 1)
      out[#out + 1] = escape
      from = i + 1
    end
  end
  if from == 1 then return '"' .. text .. '"' end
  out[#out + 1] = text:sub(from)
  return '"' .. table.concat(out) .. '"'
end

local write
local function list(value, out)
  out[#out + 1] = "["
  for i = 1, #value do
    if i > 1 then out[#out + 1] = "," end
    write(value[i], out)
  end
  out[#out + 1] = "]"
end
local function object(value, out)
  out[#out + 1] = "{"
  -- In the order of a list of keys, so that the text is always the same.
  for i = 1, #value.keys do
    if i > 1 then out[#out + 1] = "," end
    local key = value.keys[i]
    out[#out + 1] = quoted(key)
    out[#out + 1] = ":"
    write(value[key], out)
  end
  out[#out + 1] = "}"
end
function write(value, out)
  local kind = type(value)
  if kind == "number" then
    if value == value // 1 then out[#out + 1] = string.format("%d", value)
    else out[#out + 1] = string.format("%.3f", value) end
  elseif kind == "string" then out[#out + 1] = quoted(value)
  elseif kind == "boolean" then out[#out + 1] = value and "true" or "false"
  elseif kind == "nil" then out[#out + 1] = "null"
  elseif value.keys then object(value, out)
  else list(value, out) end
end

local seed = 23
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end
local words = { "alpha", "be\"ta", "gamma\n", "d\\elta", "", "epsilon and more", "zeta\t!" }
local keys = { "id", "name", "tags", "size", "parent", "on", "note", "x", "y" }
local function make(depth)
  local n = random(depth == 0 and 5 or 9)
  if n == 0 then return random(100000) end
  if n == 1 then return random(100000) / 7 end
  if n == 2 or n == 3 then return words[random(#words) + 1] end
  if n == 4 then return random(2) == 0 end
  local out = {}
  if n <= 6 then
    for i = 1, random(6) do out[i] = make(depth - 1) end
    return out
  end
  out.keys = {}
  local first = random(#keys)
  for i = 1, random(7) + 1 do
    local key = keys[(first + i) % #keys + 1]
    out.keys[i] = key
    out[key] = make(depth - 1)
  end
  return out
end

local function checksum(text)
  local s = 0
  for i = 1, #text, 7 do s = (s * 31 + text:byte(i)) % 1000003 end
  return s + #text
end
local documents = {}
for k = 1, 10 do documents[k] = make(4) end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, #documents do
    local out = {}
    write(documents[(k + r) % #documents + 1], out)
    sum = (sum * 31 + checksum(table.concat(out))) % 1000000007
  end
end
print(sum)
