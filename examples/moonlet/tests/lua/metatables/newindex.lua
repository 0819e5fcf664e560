-- __newindex as a function and as a table.
local log = {}
local t = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end})
t.a = 1
t.a = 2
t.b = 3
print(t.a, t.b, table.concat(log, " "))
local store = {}
local proxy = setmetatable({}, {__index = store, __newindex = store})
for i = 1, 300 do
  proxy[i] = i
  proxy.last = i
  proxy["k" .. i % 10] = i
end
print(#store, store.last, store.k3, proxy.last, rawget(proxy, "last"), next(proxy))
local count = 0
local readonly = setmetatable({x = 1}, {__newindex = function(t, k) count = count + 1 end})
for i = 1, 300 do
  readonly.x = i
  readonly.y = i
end
print(readonly.x, readonly.y, count)
readonly.x = nil
readonly.x = 5
print(readonly.x, count)
print(pcall(function()
  local strict = setmetatable({}, {__newindex = function(t, k) error("cannot set " .. k, 2) end})
  for i = 1, 300 do
    if i == 250 then strict.field = 1 end
  end
end))
local target = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end})
local outer = setmetatable({}, {__newindex = target})
for i = 1, 100 do outer[i] = i end
print(#outer, #target, target[50])
