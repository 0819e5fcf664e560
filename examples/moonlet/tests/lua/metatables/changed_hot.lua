-- Metatables replaced, filled and emptied while hot.
local a, b = {__index = {v = 1}}, {__index = {v = 10}}
local t = setmetatable({}, a)
local s = 0
for i = 1, 400 do
  s = s + t.v
  if i == 100 then setmetatable(t, b) end
  if i == 200 then b.__index = {v = 100} end
  if i == 300 then b.__index.v = 1000 end
end
print(s)
local function get() return t.v end
for i = 1, 300 do
  if i == 150 then b.__index = function() return 7 end end
  s = s + get()
end
print(s)
local plain = {}
local count = 0
for i = 1, 400 do
  plain["k" .. i % 5] = i
  plain.new = nil
  plain.new = i
  if i == 200 then setmetatable(plain, {__newindex = function() count = count + 1 end}) end
end
print(count, plain.new, plain.k0)
local o = {}
local nils = 0
for i = 1, 400 do
  if o.x == nil then nils = nils + 1 end
  if i == 150 then setmetatable(o, {__index = {x = 1}}) end
  if i == 300 then setmetatable(o, nil) end
end
print(nils)
