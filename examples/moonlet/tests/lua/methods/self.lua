-- Receivers of all kinds, methods as values.
local o = {n = 0}
function o:add(k) self.n = self.n + (k or 1) return self end
o:add():add(5):add()
print(o.n)
local add = o.add
for i = 1, 300 do add(o, i) end
print(o.n)
local other = {n = 100, add = o.add}
for i = 1, 300 do (i % 2 == 0 and o or other):add(1) end
print(o.n, other.n)
local s = "text"
local n = 0
for i = 1, 300 do n = n + s:len() + ("x"):rep(i % 3):len() end
print(n)
local nested = {a = {b = {n = 1}}}
function nested.a.b:get(x) return self.n + x end
for i = 1, 300 do n = n + nested.a.b:get(i) end
print(n)
local index = {}
function index.get(self, k) return self[k] end
local list = {5, 6, 7, get = index.get}
for i = 1, 300 do n = n + list:get(i % 3 + 1) end
print(n)
