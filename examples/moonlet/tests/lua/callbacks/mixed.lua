-- callbacks inside callbacks, errors through them, garbage made in them
local function words(n)
  local t = {}
  for i = 1, n do t[i] = string.format("%s%03d", ("abcxyz"):sub(i % 6 + 1, i % 6 + 1), (i * 37) % 101) end
  return t
end
local out = {}
local function say(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end out[#out + 1] = table.concat(t, " ") end
-- sort whose order function uses gsub with a function that sorts
local function key(w)
  return (w:gsub("%d+", function(d)
    local ds = {} for c in d:gmatch(".") do ds[#ds + 1] = c end
    table.sort(ds, function(a, b) return a > b end)
    return table.concat(ds)
  end))
end
for round = 1, 30 do
  local ws = words(20 + round)
  table.sort(ws, function(a, b) local x, y = key(a), key(b) if x == y then return a < b end return x < y end)
  if round % 10 == 0 then say(round, ws[1], ws[#ws], key(ws[3])) end
end
-- errors out of order functions, at different depths, caught by different pcalls
local caught = 0
for i = 1, 60 do
  local ok, e = pcall(table.sort, words(30), function(a, b)
    if a == ("a%03d"):format(i) then error({i = i}) end
    return a < b
  end)
  if not ok and type(e) == "table" then caught = caught + e.i end
  local ok2, e2 = pcall(function()
    return (("x"):rep(20):gsub("x", function()
      local ok3, e3 = pcall(table.sort, {3, 2, 1}, function() error("inner " .. i, 0) end)
      if i % 7 == 0 then error(e3, 0) end
      return #e3
    end))
  end)
  if i % 20 == 0 or i == 7 then say(tostring(ok2), tostring(e2)) end
end
say("caught", caught)
-- invalid order functions
for _, f in ipairs{function() return true end, function(a, b) return a <= b end} do
  local t = {} for i = 1, 50 do t[i] = i % 5 end
  say(tostring(pcall(table.sort, t, f)))
end
-- replacement results of all kinds
say(("hello world"):gsub("o", {o = 1}))
say(("hello world"):gsub("(l)(.)", "%2%1%%%0"))
say(pcall(string.gsub, "x", "x", function() return {} end))
say(pcall(string.gsub, "x", "x", "%2"))
say(pcall(string.rep, "x", 1 << 40))
say(("a,b,,c"):find(",", 1, true), ("a.b"):find(".", 2, true))
say(tostring(("x"):find("", 10)), ("xyz"):match("()y()"))
-- iterators that are left early, and ones that fail
local n = 0
for a, b in ("k=v, x=y, q=w"):gmatch("(%w+)=(%w+)") do n = n + 1 if n == 2 then break end end
say(n)
local ok, e = pcall(function() for w in ("a b c"):gmatch("%a") do if w == "c" then error("at " .. w) end end end)
say(tostring(ok), e)
-- values that only a callback refers to survive collections
local keep = {}
for i = 1, 50 do
  local s = ("abc"):gsub(".", function(c) collectgarbage(i % 10 == 0 and "collect" or "count") local t = {c .. i} keep[#keep % 7 + 1] = t return t[1] end)
  if i % 25 == 0 then say(s) end
end
-- move with overlap, through metamethods
local log = 0
local p = setmetatable({}, {__index = function(_, k) log = log + 1 return k * 2 end, __newindex = function(t, k, v) log = log + 1 rawset(t, k, v) end})
table.move(p, 1, 50, 3)
say(log, rawget(p, 3), rawget(p, 52))
-- xpcall with handlers that fail
say(xpcall(error, function(m) return "handled " .. tostring(m) end, "x"))
say(tostring(select("#", xpcall(function(...) return ... end, print, 1, nil, nil))))
say(pcall(xpcall))
say(string.format("%q", "a\n\0b\"\\\r"), string.format("%5.2f|%-8s|%+d|%x|%a", 3.14159, "hi", 7, 255, 1.0))
say(pcall(string.format, "%d", 1.5))
say(string.pack("<i4z s1", 7, "hey", "x"):byte(1, -1))
say(string.unpack("<i4z s1", string.pack("<i4z s1", 7, "hey", "x")))
math.randomseed(42) say(math.random(100), math.random(100), math.random(0), math.random())
say(utf8.char(72, 228, 8364, 128512), utf8.len("häß"), utf8.codepoint("ä", 1))
say(os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365), os.time{year = 2024, month = 2, day = 30, hour = 12})
for i, l in ipairs(out) do print(i, l) end
