-- Captured variables live on and are shared.
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local inc, get = counter()
local inc2, get2 = counter()
for i = 1, 300 do
  inc()
  if i % 3 == 0 then inc2() end
end
print(get(), get2(), inc(), get())
local function adder(n) return function(x) return x + n end end
local add5, add10 = adder(5), adder(10)
local s = 0
for i = 1, 300 do s = s + add5(i) - add10(i) end
print(s)
local function compose(f, g) return function(x) return f(g(x)) end end
local f = compose(add5, compose(add10, add5))
print(f(0))
for i = 1, 200 do s = s + f(i) end
print(s)
