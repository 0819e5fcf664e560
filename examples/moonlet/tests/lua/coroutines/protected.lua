-- Yields across protected calls, in every order.
local co = coroutine.wrap(function(...)
  local t = table.pack(pcall(function(...)
    local a = coroutine.yield(...)
    local b, c = coroutine.yield(a, a)
    error({b, c})
  end, ...))
  coroutine.yield(t[1], t[2][1], t[2][2])
  print(pcall(coroutine.yield, "through"))
  print(pcall(pcall, coroutine.yield, "twice"))
  print(pcall(pcall, function() coroutine.yield("in a function") error("and an error", 0) end))
  print(pcall(pcall, pcall, error, coroutine.yield("argument")))
  local inner = coroutine.wrap(function() print(pcall(coroutine.yield, "inner")) return "inner end" end)
  print(pcall(inner))
  print(pcall(inner, "back"))
  print(pcall(inner))
  return "end"
end)
print(co(1, 2))
print(co(3))
print(co(4, 5))
print(co())
print(co("a", "b"))
print(co())
print(co())
print(co("x"))

-- A loop of protected calls that yield and fail by turns, hot.
local function body()
  local sum, failed = 0, 0
  for i = 1, 400 do
    local ok, v = pcall(function()
      local got = coroutine.yield(i)
      if got % 3 == 0 then error(got) end
      return got
    end)
    if ok then sum = sum + v else failed = failed + 1 end
  end
  return "sum", sum, failed
end
local co = coroutine.create(body)
local ok, v, sum, failed = coroutine.resume(co)
while v ~= "sum" do ok, v, sum, failed = coroutine.resume(co, v * 2) end
print(ok, v, sum, failed)

-- Closed while protected calls wait.
local co = coroutine.create(function()
  pcall(function()
    pcall(function() coroutine.yield("waits") end)
    print("never")
  end)
end)
print(coroutine.resume(co))
print(coroutine.close(co), coroutine.status(co))
print(coroutine.resume(co))

-- The protected call is outside, the error comes later.
local co = coroutine.create(function(n) for i = 1, n do coroutine.yield(i) end error("late", 0) end)
local seen = 0
while true do
  local ok, v = pcall(function() return select(2, assert(coroutine.resume(co, 200))) end)
  if not ok then print(v) break end
  seen = v
end
print(seen, coroutine.status(co))
