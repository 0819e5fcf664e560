-- builtins that call get builtins that call: pcall of pcall of … of all sorts of functions, called
-- in all sorts of ways
local function none() end
local function one(a) return a end
local function two(a, b) return b, a end
local function all(...) return ... end
local function extra(a, ...) return select("#", ...), a, ... end
local function bad() error("bad") end
local function level(n) error("level " .. n, n) end
local function thrown(x) error(x, 0) end
local function index() local t return t.x end
local function tail(...) return pcall(...) end
local function tail_bad() return error("tail") end
local function deep(n) if n == 0 then return "bottom" end return pcall(pcall, deep, n - 1) end
local function deep_bad(n) if n == 0 then error("deep") end return pcall(pcall, deep_bad, n - 1) end
local function shown(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local x = (select(i, ...))
    parts[i] = type(x) == "function" and "function" or type(x) == "table" and "table" or tostring(x)
  end
  print(table.concat(parts, " "))
end

local callees = {
  { "none", none }, { "one", one, 1 }, { "one nothing", one }, { "one of three", one, 1, 2, 3 },
  { "two", two, 1, 2 }, { "two of one", two, 1 }, { "all", all, 1, nil, 3 }, { "all none", all },
  { "extra", extra, 1, 2, 3 }, { "extra none", extra }, { "bad", bad }, { "level 1", level, 1 }, { "level 2", level, 2 },
  { "level 3", level, 3 }, { "level 4", level, 4 }, { "level 5", level, 5 }, { "thrown nil", thrown }, { "thrown table", thrown, {} },
  { "index", index }, { "tail one", tail, one, 1 }, { "tail pcall", tail, pcall, one, 1 }, { "tail bad", tail_bad },
  { "deep", deep, 3 }, { "deep bad", deep_bad, 3 },
  { "select", select, 2, "a", "b" }, { "select #", select, "#", 1, 2 }, { "select bad", select, 0 }, { "ipairs", ipairs, { 1 } },
  { "ipairs bad", ipairs }, { "type", type, 1 }, { "type bad", type }, { "tostring", tostring, 1 }, { "rep", string.rep, "x", 3 },
  { "rep bad", string.rep }, { "error", error, "e" }, { "error 2", error, "e", 2 }, { "error nil", error }, { "assert", assert, false },
  { "assert ok", assert, 1, 2 }, { "assert message", assert, nil, "m" }, { "unpack", table.unpack, { 1, 2, 3 } }, { "byte", string.byte, "abc", 1, -1 },
  { "next", next, {} }, { "setmetatable", setmetatable, {}, {} }, { "setmetatable bad", setmetatable, 1 }, { "floor", math.floor, 1.5 },
  { "nil", nil }, { "number", 5 }, { "string", "x" }, { "table", {} },
}
local object = { pcall = pcall, call = function(self, f, ...) return pcall(pcall, f, ...) end }

-- the ways to call, each with the number of chained calls in its name
local ways = {
  function(...) local a, b, c = pcall(...) shown("1 fixed", a, b, c) end,
  function(...) shown("1 all", pcall(...)) end,
  function(...) local a = pcall(pcall, ...) shown("2 first", a) end,
  function(...) local a, b = pcall(pcall, ...) shown("2 two", a, b) end,
  function(...) local a, b, c, d = pcall(pcall, ...) shown("2 four", a, b, c, d) end,
  function(...) pcall(pcall, ...) shown("2 none") end,
  function(...) shown("2 all", pcall(pcall, ...)) end,
  function(...) shown("2 list", table.unpack({ pcall(pcall, ...) })) end,
  function(...) shown("2 paren", (pcall(pcall, ...))) end,
  function(...) shown("3 all", pcall(pcall, pcall, ...)) end,
  function(...) local a, b, c, d, e = pcall(pcall, pcall, ...) shown("3 five", a, b, c, d, e) end,
  function(...) local a, b = pcall(pcall, pcall, ...) shown("3 two", a, b) end,
  function(...) shown("4 all", pcall(pcall, pcall, pcall, ...)) end,
  function(...) shown("tail", tail(...)) end,
  function(...) shown("tail 2", tail(pcall, ...)) end,
  function(...) shown("tail 3", tail(pcall, pcall, ...)) end,
  function(...) shown("tail in pcall", pcall(tail, pcall, ...)) end,
  function(...) shown("tail in pcall 2", pcall(pcall, tail, pcall, ...)) end,
  function(...) shown("method", object:call(...)) end,
  function(...) shown("field", object.pcall(object.pcall, ...)) end,
  function(...) shown("in the middle", 1, pcall(pcall, ...), 2) end,
  function(...) if pcall(pcall, ...) then shown("condition") end end,
  function(...) local t = { pcall(pcall, ...), n = 1 } shown("constructor", t[1], t[2], t[3], t.n) end,
  function(...) return shown("returned", pcall(pcall, ...)) end,
}
for _, callee in ipairs(callees) do
  print(callee[1])
  for _, way in ipairs(ways) do way(table.unpack(callee, 2, 6)) end
end

-- without arguments that come as a list
shown(pcall(pcall, one, 1)) shown(pcall(pcall, pcall, one, 1)) shown(pcall(pcall)) shown(pcall(pcall, pcall))
shown(pcall(pcall, bad)) shown(pcall(pcall, pcall, bad)) shown(pcall(pcall, none)) shown(pcall(pcall, error))
print(pcall(pcall))
print(select("#", pcall(pcall, none)), select("#", pcall(pcall, pcall, all, nil, nil)))
object:pcall() print((object:pcall()))
print(object:pcall())

-- as an iterator
local function steps(i) i = i or 0 if i == true then error("stop") end return i + 1 end
local rounds = 0
for ok, a, b in pcall, one, 7 do rounds = rounds + 1 shown("iterator", ok, a, b) if rounds == 3 then break end end
for ok, a, b in pcall, bad, 7 do shown("iterator bad", ok, a, b) break end
for ok, a, b in pcall, steps do shown("iterator steps", ok, a, b) if not ok then break end end
for ok, a, b, c in pcall, pcall, one do shown("iterator 2", ok, a, b, c) break end
for ok, a, b, c in pcall, pcall, bad do shown("iterator 2 bad", ok, a, b, c) break end
for ok, a, b in pcall, type, 1 do shown("iterator builtin", ok, a, b) break end
for ok, a in pcall, 5 do shown("iterator number", ok, a) break end
for ok in pcall, pcall do shown("iterator pcall", ok) break end
for ok, message in pcall do print(ok, message) break end

-- as a metamethod, where it gets a table and fails
local strange = setmetatable({}, { __index = pcall, __newindex = pcall })
strange.x = 1
print(strange.x, rawget(strange, "x"))

-- chains
for _, n in ipairs { 1, 2, 10, 60, 190 } do
  local list = {}
  for i = 1, n do list[i] = pcall end
  for _, f in ipairs { one, bad, type } do
    list[n + 1], list[n + 2] = f, "end"
    local results = table.pack(pcall(table.unpack(list)))
    print(n, results.n, results[1], results[n], results[n + 1], results[n + 2], results[n + 3])
    local first, second, third = pcall(table.unpack(list))
    print(first, second, third)
  end
end
for _, n in ipairs { 230, 1000 } do
  local list = {}
  for i = 1, n do list[i] = pcall end
  for _, f in ipairs { one, bad, type } do
    list[n + 1], list[n + 2] = f, "end"
    local results = table.pack(pcall(table.unpack(list)))
    local yes = 0
    while results[yes + 1] == true do yes = yes + 1 end
    print(n, results.n - yes, results[yes + 1], results[yes + 2])
  end
end

-- hot, with callees that change
local count, text = 0, ""
local chosen = { one, all, two, bad, none, type, tostring, index, tail }
for i = 1, 400 do
  local f = chosen[i % 9 + 1]
  local a, b, c, d = pcall(pcall, f, i, i)
  if a and b then count = count + (type(c) == "number" and c or 1) else text = c end
  if f == tail and not c then count = count + 1 end
end
print(count, text)
local sum = 0
for i = 1, 400 do
  local ok, ok2, ok3, x = pcall(pcall, pcall, all, i, 2)
  sum = sum + x
  local o, p, q, r = tail(pcall, two, i, 3)
  sum = sum + q + r
end
print(sum)
