-- Lengths.
local t = setmetatable({1, 2, 3}, {__len = function(self, other) return rawlen(self) + 10, rawequal(self, other) end})
print(#t, rawlen(t), #t + 1)
local s = 0 for i = 1, 100 do s = s + #t; if i % 10 == 0 then t[#t + 1] = i end end print(s, rawlen(t))
print(#setmetatable({}, {__len = function() return 'text' end}), #setmetatable({}, {__len = function() return nil end}))
local late = setmetatable({1}, {})
local n = 0
for i = 1, 90 do if i == 30 then getmetatable(late).__len = function() return 100 end end
  if i == 60 then setmetatable(late, nil) end n = n + #late end
print(n)
local class = {} class.__index = class class.__len = function(self) return self.n end
local sum = 0 for i = 1, 100 do local o = setmetatable({n = i}, class) sum = sum + #o end print(sum)
-- Functions of the library ask, too.
local l = setmetatable({'a', 'b', 'c', 'd'}, {__len = function() return 2 end})
print(table.concat(l, ','), table.unpack(l)) table.insert(l, 'x') print(l[3], rawlen(l))
print(table.remove(l), select('#', table.unpack(l))) l[1], l[2] = 'b', 'a' table.sort(l) print(l[1], l[2])
print(pcall(table.concat, setmetatable({}, {__len = function() return 'x' end})))
print(pcall(table.unpack, setmetatable({}, {__len = function() return 1.5 end})))
getmetatable('').__len = function() return 99 end print(#'abc') getmetatable('').__len = nil
local proxy = setmetatable({}, {__len = function() return 3 end, __index = function(_, i) return i * i end})
print(table.unpack(proxy)) print(table.concat(proxy, '-'))
local k = setmetatable({}, {__len = rawlen}) k[1] = 1 print(#k)
local c = setmetatable({}, {__len = setmetatable({}, {__call = function(self, o) return o == k end})}) print(#c)
