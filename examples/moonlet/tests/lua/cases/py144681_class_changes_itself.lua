-- python/cpython#144681: an operation's own code changes the class of its operand
-- traces: none (every access calls a metamethod that is a function, which ends a recording)
local A, B = {}, {}
A.__index = function(o, k) setmetatable(o, B) return k == "v" and 1 or nil end
B.__index = function(o, k) setmetatable(o, A) return k == "v" and 10 or nil end
A.__newindex = function(o, k, v) setmetatable(o, B) rawset(o, k, v) o[k] = nil end
B.__newindex = function(o, k, v) setmetatable(o, A) end
local o, s = setmetatable({}, A), 0
for i = 1, 600 do s = s + o.v + o.v * 2 o.q = i if i % 7 == 0 then setmetatable(o, A) end s = s + (o.q or 0) end
print(s, rawget(o, "q"))
