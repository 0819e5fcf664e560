-- Hot functions that call one another to changing depths.
local is_odd
local function is_even(n) if n == 0 then return true end return not is_odd(n - 1) == false end
function is_odd(n) if n == 0 then return false end return is_even(n - 1) end
local n = 0
for i = 0, 200 do if is_even(i % 23) then n = n + 1 end end
print(n)
local eval
local ops = {
  num = function(e) return e[2] end,
  add = function(e) return eval(e[2]) + eval(e[3]) end,
  mul = function(e) return eval(e[2]) * eval(e[3]) % 10007 end,
  neg = function(e) return -eval(e[2]) end,
}
function eval(e) return ops[e[1]](e) end
local function build(d, k)
  if d == 0 then return {"num", k} end
  if k % 3 == 0 then return {"add", build(d - 1, k + 1), build(d - 1, k + 2)} end
  if k % 3 == 1 then return {"mul", build(d - 1, k + 2), build(d - 1, k + 1)} end
  return {"neg", build(d - 1, k + 1)}
end
local tree = build(9, 1)
local s = 0
for i = 1, 20 do s = s + eval(tree) end
print(s)
for d = 0, 8 do print(d, eval(build(d, d))) end
