-- Functions as values, with too many and too few arguments.
local function f(a, b, c) return a, b, c end
print(f())
print(f(1))
print(f(1, 2, 3, 4))
print((f(1, 2)))
local g = f
print(g == f, type(f), g(nil, 2))
local ops = {
  add = function(a, b) return a + b end,
  sub = function(a, b) return a - b end,
  [1] = function(a, b) return a * b end,
}
local n = 0
for i = 1, 300 do
  n = n + ops.add(i, 1) - ops.sub(i, 1) + ops[1](2, 3)
end
print(n)
print((function(x) return x * 2 end)(21))
local function apply(f, ...) return f(...) end
print(apply(f, 1, 2, 3), apply(apply, f, "x"))
print(type(print), print == print)
local s = 0
for i = 1, 300 do s = s + apply(ops.add, i, i) end
print(s)
local function none() end
print(none(), (none()), type((none())))
print(pcall(type, none()))
