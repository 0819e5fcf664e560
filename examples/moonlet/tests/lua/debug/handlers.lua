-- Handlers of errors see what the error has ended.
print(select(2, xpcall(function() error("boo") end, debug.traceback)))
local function fails(x) local y = x.a.b return y end
local function calls(x) local y = fails(x) return y end
print(select(2, xpcall(calls, debug.traceback, {})))
print(select(2, xpcall(function() calls({}) end, function(m) return (debug.traceback(m, 2)) end)))
print(select(2, xpcall(function() local x = nil + 1 end, function(m) return (debug.traceback(m, 1)) end)))
print(select(2, xpcall(function() string.rep() end, debug.traceback)))
print(xpcall(function() local x = debug.traceback("p") print(x) end, print))
for i = 1, 30 do
  local _, text = xpcall(calls, debug.traceback, i % 10 == 0 and {} or {a = {}})
  if text then print(text) end
end
