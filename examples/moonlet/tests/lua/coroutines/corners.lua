-- schedulers, nested coroutines, errors, closing, sorting with yields across C boundaries
local function check(...) print(...) end
-- coroutine in sort's comparator: yield across boundary
local co = coroutine.create(function()
  local t = {3, 1, 2}
  local ok, e = pcall(table.sort, t, function(a, b) coroutine.yield(1) return a < b end)
  print("sort", ok, e)
  local ok, e = pcall(string.gsub, "abc", "%w", function(c) coroutine.yield(c) end)
  print("gsub", ok, e)
  return "done"
end)
print(coroutine.resume(co))
print(coroutine.status(co))
-- sort with coroutine inside each comparison
local t = {}
for i = 1, 60 do t[i] = (i * 37) % 61 end
table.sort(t, function(a, b) local w = coroutine.wrap(function(x, y) local z = coroutine.yield(x < y) return z end) return w(a, b) end)
print(table.concat(t, ","))
-- deep nesting of resumes
local function nest(n) if n == 0 then return coroutine.running() and "bottom" end
  return select(2, coroutine.resume(coroutine.create(nest), n - 1)) end
print(nest(50))
-- many live coroutines with captured state, round robin, hot
local q = {}
for i = 1, 200 do local id = i q[i] = coroutine.create(function(a)
  local sum = 0
  for j = 1, 20 do sum = sum + a * j; if (id + j) % 50 == 0 then error({id, j}) end a = coroutine.yield(sum) end
  return "end" .. id end) end
local alive, out, errs = #q, 0, 0
while alive > 0 do
  for i = 1, #q do local c = q[i]
    if c then
      local ok, v = coroutine.resume(c, i)
      if not ok then errs = errs + 1 out = out + v[1] * v[2] q[i] = false alive = alive - 1
      elseif coroutine.status(c) == "dead" then q[i] = false alive = alive - 1 out = out + #v
      else out = out + v end
    end
  end
end
print(out, errs)
-- wrap with error objects and positions
local w = coroutine.wrap(function() local x = nil; return x.y end)
print(pcall(w))
print(pcall(w))
print(pcall(coroutine.wrap(function() error("msg", 2) end)))
print((pcall(coroutine.wrap(function() error({}) end))))
-- close
local c = coroutine.create(function() coroutine.yield() end)
coroutine.resume(c) print(coroutine.close(c), coroutine.status(c)) print(coroutine.resume(c))
local c = coroutine.create(function() error("x") end) coroutine.resume(c) print(coroutine.close(c))
print(coroutine.close(coroutine.create(print)))
print(pcall(coroutine.close, coroutine.running()))
print(coroutine.resume(coroutine.running()))
print(pcall(coroutine.yield))
print(coroutine.isyieldable(), select(2, coroutine.running()))
print(select("#", coroutine.resume(coroutine.create(function(...) return ... end), nil, nil)))
-- generators in for with state and to the end, and passing many values
local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i, i .. "") end end) end
local s = 0 for i, sq, str in range(500) do s = s + sq + #str end print(s)
-- recursion inside a coroutine: permutations
local function permgen(a, n) n = n or #a if n <= 1 then coroutine.yield(a) else for i = 1, n do a[n], a[i] = a[i], a[n] permgen(a, n - 1) a[n], a[i] = a[i], a[n] end end end
local cnt, h = 0, 0
for p in coroutine.wrap(function() permgen({1, 2, 3, 4, 5, 6}) end) do cnt = cnt + 1 for i = 1, 6 do h = (h * 31 + p[i]) % 1000003 end end
print(cnt, h)
-- stack overflow inside a coroutine
local co = coroutine.create(function() local function f(n) return 1 + f(n + 1) end return f(1) end)
local ok, e = coroutine.resume(co) print(ok, (e:gsub("%(.*", "")))
-- coroutine that resumes itself, and is resumed by its child
local self; self = coroutine.create(function() return coroutine.resume(self) end)
print(coroutine.resume(self))
local p; p = coroutine.create(function() local ch = coroutine.create(function() return coroutine.resume(p), coroutine.status(p) end) return select(2, coroutine.resume(ch)) end)
print(coroutine.resume(p))
print(xpcall(function() local w = coroutine.wrap(function() error("inner") end) w() end, function(m) return "H:" .. tostring(m) end))
local co = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) error("after") end, function(m) return "handled " .. m end) end)
print(co()) print(co())
