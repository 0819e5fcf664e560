-- A parser of JSON: bytes, substrings, recursion over closures, nested tables.
local N = 1
local parts = { '{"items":[' }
for i = 1, 12 do
  parts[#parts + 1] = (i > 1 and "," or "")
    .. '{"id":'
    .. i
    .. ',"name":"item'
    .. i
    .. '","price":'
    .. i * 1.25
    .. ',"tags":["a","b",true,false,null]}'
end
parts[#parts + 1] = "]}"
local src = table.concat(parts)
local byte, sub = string.byte, string.sub
local pos, value
local function ws()
  local c = byte(src, pos)
  while c == 32 or c == 10 or c == 9 do
    pos = pos + 1
    c = byte(src, pos)
  end
  return c
end
local function str()
  local s = pos + 1
  pos = s
  while byte(src, pos) ~= 34 do
    pos = pos + 1
  end
  local r = sub(src, s, pos - 1)
  pos = pos + 1
  return r
end
function value()
  local c = ws()
  if c == 123 then
    local t = {}
    pos = pos + 1
    if ws() == 125 then
      pos = pos + 1
      return t
    end
    while true do
      ws()
      local k = str()
      ws()
      pos = pos + 1
      t[k] = value()
      c = ws()
      pos = pos + 1
      if c == 125 then
        return t
      end
    end
  elseif c == 91 then
    local t, n = {}, 0
    pos = pos + 1
    if ws() == 93 then
      pos = pos + 1
      return t
    end
    while true do
      n = n + 1
      t[n] = value()
      c = ws()
      pos = pos + 1
      if c == 93 then
        return t
      end
    end
  elseif c == 34 then
    return str()
  elseif c == 116 then
    pos = pos + 4
    return true
  elseif c == 102 then
    pos = pos + 5
    return false
  elseif c == 110 then
    pos = pos + 4
    return nil
  else
    local s = pos
    while c and (c >= 48 and c <= 57 or c == 46 or c == 45) do
      pos = pos + 1
      c = byte(src, pos)
    end
    return tonumber(sub(src, s, pos - 1))
  end
end
local total = 0
for i = 1, N do
  pos = 1
  local t = value()
  for _, it in ipairs(t.items) do
    total = total + it.price + #it.name + #it.tags
  end
end
print(total)
