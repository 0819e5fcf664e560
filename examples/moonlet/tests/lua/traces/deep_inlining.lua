-- Calls nested deeper than traces inline.
local function f0(x) return x + 1 end
local function f1(x) return f0(x) * 2 end
local function f2(x) return f1(x) - f0(x) end
local function f3(x) return f2(x) + f1(x) end
local function f4(x) return f3(x) - f2(x) end
local function f5(x) return f4(x) + f3(x) end
local function f6(x) return f5(x) - f4(x) end
local function f7(x) return f6(x) + f5(x) end
local function f8(x) return f7(x) - f6(x) end
local function f9(x) return f8(x) + f7(x) end
local function f10(x) return f9(x) - f8(x) end
local function f11(x) return (f10(x) + f9(x)) % 1000003 end
local s = 0
for i = 1, 150 do s = (s + f11(i)) % 1000003 end
print(s)
local function chain(n, x)
  if n == 0 then return x end
  return chain(n - 1, x) + n
end
for i = 1, 200 do s = s + chain(i % 25, i) end
print(s)
-- forced: 1 (with fewer forced, each of very many calls leaves by a long chain of traces)
