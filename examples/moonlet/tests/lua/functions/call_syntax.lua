-- Calls with strings and tables, chained.
local function id(x) return x end
print(id"string", id[[long]], id{1, 2}[2], #id{})
local obj = {name = "o"}
function obj.plain(x) return x end
function obj:method(x) return self.name .. x end
function obj.make() return obj end
print(obj.plain"p", obj:method"m", obj.make():method("x"), obj.make().name)
obj.inner = {}
function obj.inner.f(a) return a + 1 end
function obj.inner:g(a) return self == obj.inner, a end
print(obj.inner.f(1), obj.inner:g(2))
local n = 0
for i = 1, 300 do
  n = n + obj.inner.f(i) + #obj:method("ab")
end
print(n)
