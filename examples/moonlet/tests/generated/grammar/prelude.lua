local fuel, nested = 0, 0
local function plain(v)
  local t = type(v)
  if t == "function" or t == "table" then return t end
  return v
end
local function word(v)
  if v ~= v then return "NaN" end
  return tostring(plain(v))
end
local function text(v)
  if type(v) ~= "table" then return word(v) end
  local parts = {}
  for i = 1, 6 do parts[i] = word(v[i]) end
  for i, key in ipairs({"a", "b", "c", "d", "e", "f"}) do
    local item = rawget(v, key)
    if item ~= nil then parts[#parts + 1] = key .. "=" .. word(item) end
  end
  return "{" .. table.concat(parts, " ") .. "}"
end
local function show(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = text((select(i, ...))) end
  print(table.concat(parts, " "))
end
local function cut(s)
  if type(s) == "string" and #s > 60 then return s:sub(1, 20) end
  return s
end
local function some(v)
  if v == nil then return 0 end
  return v
end
local function range(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
local Base = {}
Base.__index = Base
function Base.new(n) return setmetatable({a = n, b = 1}, Base) end
function Base:get() return self.a end
function Base:add(n) self.a = self.a + n return self.a end
local Derived = setmetatable({}, {__index = Base})
Derived.__index = Derived
function Derived.new(n) return setmetatable({b = n, a = 2, c = 0.5}, Derived) end
function Derived:get() self.b = self.b + 1 return self.a + self.b end
local Counting = {__index = function(t, k) return type(k) == "string" and #k or nil end, __newindex = function(t, k, v) rawset(t, k, some(v)) end}
g1, g2, g3 = 1, 2.5, "three"
