-- xpcall, collectgarbage, warn, string.dump.
local function try(f, ...) print(pcall(f, ...)) end
local function handler(m) return "<" .. tostring(m) .. ">" end
try(xpcall) try(xpcall, print) try(xpcall, error, nil) try(xpcall, print, 1)
print(xpcall(error, handler, "x")) print(xpcall(error, handler)) print(xpcall(error, handler, { 1 }) == false)
print(xpcall(function(...) return select("#", ...), ... end, handler, 1, nil, 3))
print(xpcall(function() error("here") end, handler)) print(xpcall(function() error("here", 2) end, handler)) print(xpcall(function() local x = nil; return x.y end, handler))
print(xpcall(1, handler)) print(xpcall(nil, handler)) print(xpcall(string.rep, handler)) print(xpcall(string.rep, handler, "x", 3))
print(xpcall(function() return xpcall(error, handler, "in") end, handler)) print(xpcall(function() return pcall(error, "in") end, handler))
print(xpcall(error, function() end, "x")) print(xpcall(error, function() return 1, 2 end, "x")) print(select("#", xpcall(error, function() end, "x")))
print(xpcall(error, print, "shown")) print(xpcall(error, string.upper, "upper"))
local n = 0
print(xpcall(error, function(m) n = n + 1 if n < 3 then error("again " .. n, 0) end return m .. "!" end, "first"), n)
print(pcall(xpcall, error, handler, "e")) print(pcall(pcall, xpcall, error, handler, "e"))
local kept = setmetatable({}, { __index = function(_, k) return k end })
print(xpcall(function(t) return t.field end, handler, kept))
print(collectgarbage("isrunning"), collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
print(collectgarbage(), collectgarbage("collect"), type(collectgarbage("count")), type(collectgarbage("step")))
print(collectgarbage("generational"), collectgarbage("incremental"), collectgarbage("incremental", 120, 300), collectgarbage("setpause", 150), collectgarbage("setpause", 200), collectgarbage("setstepmul", 100), collectgarbage("setstepmul", 400))
try(collectgarbage, "x") try(collectgarbage, 1) try(collectgarbage, {}) try(collectgarbage, "setpause", "x") try(collectgarbage, "step", {})
do
  local before = collectgarbage("count")
  local t = {}
  for i = 1, 20000 do t[i] = { i } end
  local during = collectgarbage("count")
  t = nil
  collectgarbage()
  local after = collectgarbage("count")
  print(during - before > 500, after - before < 500)
  collectgarbage("stop")
  for i = 1, 20000 do local x = { i } end
  print(collectgarbage("count") > after)
  collectgarbage("restart")
end
warn("@off") warn("not shown") warn("@unknown") try(warn) try(warn, {}) try(warn, "a", nil) try(warn, 1)
try(string.dump, print) try(string.dump) try(string.dump, 1)
try(tonumber, "10", 2) try(tonumber, "zz", 36) try(tonumber, "8", 8) try(tonumber, 10, 10) try(tonumber, "10", 1) try(tonumber, "10", 37) try(tonumber, "1e1", 16) try(tonumber, " -ff ", 16) try(tonumber) try(tonumber, {}) try(tonumber, "") try(tonumber, "0x") try(tonumber, "7fffffffffffffff1", 16) try(tonumber, "1", nil) try(tonumber, "1", 2.5) try(tonumber, "- 1", 10) try(tonumber, "+7", 10)
try(select, 0) try(select, -1, 1, 2) try(select, -3, 1, 2) try(select, "x") try(select) try(select, 2.5) try(select, "#") try(select, "#", nil)
try(rawlen, 5) try(rawget, 1, 2) try(rawset, {}, nil, 1) try(rawset, {}, 0 / 0, 1) try(rawequal, 1) try(next, {}, 1) try(next) try(ipairs) try(pairs) try(setmetatable, 1, {}) try(getmetatable) try(setmetatable, {}, 1)
