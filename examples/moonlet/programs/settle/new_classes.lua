-- new code for ever: every round makes classes, with methods and fields of names that were never there before.
local ROUNDS = tonumber((...)) or 90

local Base = {}
Base.__index = Base
function Base:total() return self.a + self.b end
function Base:step(k) self.a = self.a + k return self end

local count = 0
local function class()
  count = count + 1
  local c = setmetatable({}, Base)
  c.__index = c
  local name = "m" .. count
  c[name] = function(self) return self.a * 2 + self.b end
  if count % 2 == 0 then c.total = function(self) return self.a - self.b end end
  if count % 3 == 0 then function c:step(k) self.b = self.b + k return self end end
  return c, name
end

local sum = 0
for r = 1, ROUNDS do
  for n = 1, 4 do
    local c, name = class()
    local o = setmetatable({ a = r, b = n }, c)
    o["f" .. count] = r
    for i = 1, 60 do
      o:step(i % 3)
      sum = (sum + o:total() + o[name](o)) % 1000000007
    end
  end
end
print(sum)
