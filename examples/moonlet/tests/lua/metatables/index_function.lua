-- __index as a function.
local calls = 0
local t = setmetatable({own = 1}, {__index = function(t, k) calls = calls + 1 return k .. "!" end})
print(t.own, t.other, t["x y"], calls)
print(t[1], t[1.5], calls)
local squares = setmetatable({}, {__index = function(t, i)
  local v = i * i
  t[i] = v
  return v
end})
local s = 0
for round = 1, 4 do
  for i = 1, 100 do s = s + squares[i] end
end
print(s, #squares)
local default = setmetatable({}, {__index = function() return 0 end})
for i = 1, 300 do
  local k = "w" .. i % 17
  default[k] = default[k] + i
end
print(default.w0, default.w16, default.none)
local chained = setmetatable({}, {__index = setmetatable({a = 1}, {__index = function(t, k) return k == "b" and 2 or nil end})})
for i = 1, 300 do s = s + chained.a + chained.b + (chained.c or 1) end
print(s)
print(pcall(function()
  local e = setmetatable({}, {__index = function(t, k) error("no field " .. k, 0) end})
  for i = 1, 300 do
    if i == 200 then return e.bad end
  end
end))
local first = setmetatable({}, {__index = function(t, k) return k, "second" end})
print(first.x, (first.y))
