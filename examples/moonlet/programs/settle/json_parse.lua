-- JSON: a recursive parser over bytes; every byte is a chain of tests, every value another path through it.
local ROUNDS = tonumber((...)) or 100

local text, at
local function skip()
  local c = text:byte(at)
  while c == 32 or c == 10 or c == 9 do
    at = at + 1
    c = text:byte(at)
  end
  return c
end
local function fail(what) error(what .. " expected at " .. at, 0) end
local value
local function word(name, result)
  if text:sub(at, at + #name - 1) ~= name then fail(name) end
  at = at + #name
  return result
end
local function number(c)
  local from = at
  if c == 45 then at = at + 1 c = text:byte(at) end
  while c and c >= 48 and c <= 57 do at = at + 1 c = text:byte(at) end
  if c == 46 then
    at = at + 1
    c = text:byte(at)
    while c and c >= 48 and c <= 57 do at = at + 1 c = text:byte(at) end
  end
  if c == 101 or c == 69 then
    at = at + 1
    c = text:byte(at)
    if c == 43 or c == 45 then at = at + 1 c = text:byte(at) end
    while c and c >= 48 and c <= 57 do at = at + 1 c = text:byte(at) end
  end
  return tonumber(text:sub(from, at - 1))
end
local function str()
  at = at + 1
  local from, parts = at, nil
  while true do
    local c = text:byte(at)
    if c == 34 then break end
    if not c then fail("quote") end
    if c == 92 then
      parts = (parts or "") .. text:sub(from, at - 1)
      local e = text:byte(at + 1)
      if e == 110 then parts = parts .. "\n" elseif e == 116 then parts = parts .. "\t"
      else parts = parts .. text:sub(at + 1, at + 1) end
      at = at + 2
      from = at
    else
      at = at + 1
    end
  end
  local last = text:sub(from, at - 1)
  at = at + 1
  if parts then return parts .. last end
  return last
end
local function list()
  at = at + 1
  local out = {}
  if skip() == 93 then at = at + 1 return out end
  while true do
    out[#out + 1] = value()
    local c = skip()
    at = at + 1
    if c == 93 then return out end
    if c ~= 44 then fail("comma") end
  end
end
local function object()
  at = at + 1
  local out = {}
  if skip() == 125 then at = at + 1 return out end
  while true do
    if skip() ~= 34 then fail("key") end
    local key = str()
    if skip() ~= 58 then fail("colon") end
    at = at + 1
    out[key] = value()
    local c = skip()
    at = at + 1
    if c == 125 then return out end
    if c ~= 44 then fail("comma") end
  end
end
function value()
  local c = skip()
  if c == 123 then return object() end
  if c == 91 then return list() end
  if c == 34 then return str() end
  if c == 116 then return word("true", true) end
  if c == 102 then return word("false", false) end
  if c == 110 then return word("null", nil) end
  if c and (c == 45 or c >= 48 and c <= 57) then return number(c) end
  fail("value")
end

local documents = {
  '{"name": "pump 7", "on": true, "limits": [0, 17.5, -3e2], "parent": {"id": 12, "tags": ["a", "b\\n", ""]}, "note": "x \\"y\\" z"}',
  '[[1, 2, 3], [4, 5, 6], [7.25, 8e1, -9], [], {}, [true, false, true], "end"]',
  '{"menu": {"id": "file", "items": [{"value": "new", "run": "create()"}, {"value": "open", "run": "open()"}, {"value": "close"}]}}',
  '{"a": {"b": {"c": {"d": [1, {"e": "deep"}]}}}, "list": ["one", "two", "three", 4, 5.5, false]}',
  '[1, 2, {"bad": 3, }]',
  '{"n": [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000], "m": [0.1, 0.2, 0.3, 0.4, 0.5]}',
}
local function size(v)
  if type(v) == "table" then
    local n = 1
    for _, item in pairs(v) do n = n + size(item) end
    return n
  end
  if type(v) == "string" then return #v end
  if type(v) == "number" then return v // 1 end
  return 1
end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, #documents do
    text, at = documents[(k + r) % #documents + 1], 1
    local good, result = pcall(value)
    sum = (sum * 31 + (good and size(result) or #result)) % 1000000007
  end
end
print(string.format("%d", sum))
