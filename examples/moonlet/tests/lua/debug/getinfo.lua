-- What runs where, and by what name it was called.
local function show(t)
  if not t then print(t) return end
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  for i, k in ipairs(keys) do keys[i] = k .. "=" .. tostring(t[k]) end
  print(table.concat(keys, " "))
end
local function f(a, b)
  local t = debug.getinfo(1, "nSl")
  return t, debug.getinfo(2, "l")
end
local one, two = f()
show(one) show(two)
local object = {}
function object:method() local t = debug.getinfo(1, "n") return t end
object.field = object.method
show((object:method())) show((object.field()))
function global() local t = debug.getinfo(1, "nl") return t end
show((global()))
for level = 0, 3 do show(debug.getinfo(level, "Sln")) end
show(debug.getinfo(-1, "l")) show(debug.getinfo(1, ""))
for _, function_ in ipairs{f, print, xpcall, coroutine.resume} do show(debug.getinfo(function_, "Sln")) end
local m = setmetatable({}, {__index = function() return debug.getinfo(1, "nl") end})
show(m.x)
show((debug.getinfo(1, "l")))
print(pcall(debug.getinfo, 1, "X")) print(pcall(debug.getinfo, 1, ">")) print(pcall(debug.getinfo))
print(pcall(debug.getinfo, "x")) print(pcall(debug.getinfo, 1, {})) print(pcall(debug.getinfo, 50, "X"))
local lines = 0
local function line() local t = debug.getinfo(2, "l") return t.currentline end
for i = 1, 100 do lines = lines + line() end
print(lines)
print(debug.getinfo(load("return 1"), "l").currentline)
