-- pcall of pcall in odd places: in metamethods, as an iterator, in recursion, with lists that grow
local log = {}
local function p(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end print(table.concat(t, " ")) end
local mt = {__index = function(t, k) return select(2, pcall(pcall, function() return k .. "!" end)) end, __newindex = function(t, k, v) rawset(t, k, (select("#", pcall(pcall, pcall, error, v)))) end}
local o = setmetatable({}, mt)
for i = 1, 50 do o["k" .. i] = i end
p(o.k1, o.k50, o.zz)
-- nested errors with tables passing through
local e = setmetatable({}, {__name = "Err"})
for i = 1, 100 do
  local a, b, c, d = pcall(pcall, pcall, error, e)
  if not (a and b and c == false and d == e) then p("wrong", i, a, b, c, d) end
end
-- upvalues changed in chain; results into fields and globals
local n = 0
local function inc(k) n = n + k return n, k end
t = {}
for i = 1, 200 do
  t[i], t.x, G = pcall(pcall, inc, i % 3)
  if i % 50 == 0 then p(t[i], t.x, G, n) end
end
-- chain whose length changes
local chain = {pcall, inc, 1}
for i = 1, 120 do
  local r = table.pack(pcall(table.unpack(chain)))
  if i % 40 == 0 then p(r.n, r[1], r[2], r[3], r[r.n]) end
  if i % 20 == 0 then table.insert(chain, 1, pcall) end
end
-- recursion by chain
local function fibp(k) if k < 2 then return k end local _, _, a = pcall(pcall, fibp, k - 1) local _, _, b = pcall(pcall, fibp, k - 2) return a + b end
p(fibp(13))
-- stack overflow inside a chain
local function over(x) return 1 + over(x + 1) end
local a, b, c, d = pcall(pcall, over, 1) p(a, b, #c > 0, d)
-- iterators by pcall in nested loops
local s = 0
for i = 1, 60 do
  local k = 0
  for ok, v in pcall, function(c) k = k + 1 if k > 3 then error(k, 0) end return k end do
    s = s + (ok and v or 100)
    if not ok then break end
  end
end
p(s)
local function gen(limit) local c = 0 return function() c = c + 1 if c <= limit then return c end error("done") end end
for ok, v in pcall, gen(3) do p(ok, v) if not ok then break end end
for ok, a, b, c in pcall, pcall, gen(2) do p(ok, a, b, c) break end
-- levels
local function lv(n) error("L", n) end
local function w1(n) local a, b, c = pcall(pcall, lv, n) return c or b end
local function w2(n) return pcall(w1, n) end
for n = 0, 9 do p(n, w1(n), select(2, w2(n))) end
for n = 0, 9 do for ok, m in pcall, lv, n do p(n, ok, m) break end end
for n = 0, 9 do p(n, select(2, pcall(error, "E", n)), select(3, pcall(pcall, error, "E", n)), select(4, pcall(pcall, pcall, error, "E", n))) end
local function tailer(...) return pcall(pcall, ...) end
for n = 1, 5 do p(n, tailer(lv, n)) p(n, pcall(tailer, lv, n)) p(n, (select(2, tailer(tailer, lv, n)))) end
p(pcall(string.rep)) p(pcall(pcall, string.rep)) p(pcall(pcall, setmetatable, 1, 2)) p(pcall(tailer)) p(tailer())
p(pcall(next, {}, "nokey")) p(pcall(pcall, next, {}, "nokey")) p(pcall(pcall, ipairs)) p(pcall(tailer, ipairs))
