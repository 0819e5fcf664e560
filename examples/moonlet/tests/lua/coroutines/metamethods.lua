-- Yields from metamethods and iterators that are functions of the program.
local lazy = setmetatable({}, {
  __index = function(_, k) return coroutine.yield("get " .. tostring(k)) end,
  __newindex = function(t, k, v) rawset(t, k, coroutine.yield("set " .. tostring(k) .. " " .. tostring(v))) end,
})
local co = coroutine.wrap(function()
  local a = lazy.x
  local b = lazy[1]
  lazy.y = a .. b
  lazy[2] = "item"
  local s = lazy.s
  return a, b, lazy.y, lazy[2], s
end)
print(co())
print(co("A"))
print(co("B"))
print(co("kept"))
print(co("kept, too"))
print(co("S"))

local function each(list)
  return function(_, i)
    i = i + 1
    if list[i] then return i, coroutine.yield(list[i]) end
  end, nil, 0
end
local co = coroutine.wrap(function()
  local s = ""
  for i, v in each({"a", "b", "c"}) do s = s .. i .. v end
  return s
end)
print(co())
print(co(1))
print(co(2))
print(co(3))

-- Hot.
local reads = 0
local t = setmetatable({}, {__index = function(_, k) reads = reads + 1 return coroutine.yield(k) end})
local co = coroutine.wrap(function()
  local sum = 0
  for i = 1, 300 do sum = sum + t[i] + t.x end
  return "sum", sum
end)
local k, sum = co()
while k ~= "sum" do
  local v = 1
  if type(k) == "number" then v = k end
  k, sum = co(v)
end
print(k, sum, reads)

-- A generator as a metamethod, and one that is a loop's iterator as it is.
local count = coroutine.wrap(function() local n = 0 while true do n = n + 1 coroutine.yield(n) end end)
local counted = setmetatable({}, {__index = count})
local s = 0
for _ = 1, 200 do s = s + counted.next end
print(s)
local co = coroutine.wrap(function()
  for a, b in coroutine.yield, "state", "control" do
    if a == "stop" then return b end
    print("round", a, b)
  end
  return "nil"
end)
print(co())
print(co(1, 2))
print(co(3))
print(co("stop", "stopped"))
