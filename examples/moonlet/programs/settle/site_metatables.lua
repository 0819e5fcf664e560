-- many at one site: metatables that are replaced while hot, tables and functions in __index, inherited and own methods.
local ROUNDS = tonumber((...)) or 160

local root = { base = 3 }
function root:value() return self.own or self.base end
root.__index = root
local metas = {}
for k = 1, 60 do
  local m
  if k % 3 == 0 then
    m = { __index = function(t, key) if key == "base" then return k end return root[key] end }
  elseif k % 3 == 1 then
    m = setmetatable({ base = k }, root)
    m.__index = m
  else
    m = { __index = root, __newindex = function(t, key, v) rawset(t, key, (v or 0) + 1) end }
  end
  metas[k] = m
end
local objects = {}
for k = 1, 40 do objects[k] = setmetatable({ id = k }, metas[k]) end

local sum = 0
for r = 1, ROUNDS do
  for k = 1, #objects do
    local o = objects[k]
    sum = sum + o:value() + o.base
    if (k + r) % 10 == 0 then
      setmetatable(o, metas[(k * 3 + r) % #metas + 1])
      o.own = nil
    elseif (k + r) % 10 == 5 then
      o.own = k
    end
  end
  sum = sum % 1000000007
end
print(sum)
