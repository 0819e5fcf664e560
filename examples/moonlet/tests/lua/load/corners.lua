-- Loading in hot loops, environments, goto, loops at the limits of integers, captures per iteration.
local env = setmetatable({}, {__index = _G, __newindex = function(t, k, v) rawset(t, k, v) end})
local f = assert(load("x = (x or 0) + 1 return x", "=chunk", "t", env))
for i = 1, 300 do f() end
print(env.x, rawget(_G, "x"))
local fs = {}
for i = 1, 50 do fs[i] = load("local a = ... return a * " .. i .. " + (y or 0)", "c" .. i, "t", i % 2 == 0 and {y = 7} or {}) end
local s = 0
for r = 1, 30 do for i = 1, #fs do s = s + fs[i](r) end end
print(s)
do local _ENV = {print = print, tostring = tostring} z = 5 print(z, tostring(_ENV ~= nil)) end
print(z)
local function sandbox(_ENV) q = 1 for i = 1, 100 do q = q + i end return q end
local e1, e2 = {}, {}
print(sandbox(e1), e1.q, q, pcall(sandbox, nil))
print(load("return ...", "=x")(1, 2, 3))
local parts = {"return ", "1", "+", "2"} local n = 0
print(load(function() n = n + 1 return parts[n] end)())
print(load("x ="), load("return 1 +* 2", "@file.lua"), load("goto nope", "=(c)"))
print(load("\27Lua", "bin", "t"))
print(pcall(load("error('here')", "@my.lua")))
print(pcall(load("local t = nil; t.x = 1", "=short")))
print(pcall(load("return a.b.c", "a very long chunk name that has to be cut down to sixty bytes or so, as it is text")))
-- goto
for i = 1, 5 do
  for j = 1, 5 do
    if j == 3 then goto continue end
    if i == 4 then goto done end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
::done:: print()
do local i = 1 ::top:: if i <= 400 then i = i + 1 goto top end print(i) end
local caps = {}
do local i = 1
  ::again::
  local x = i * 2
  caps[#caps + 1] = function() x = x + 1 return x end
  i = i + 1
  if i <= 5 then goto again end
end
for _, f in ipairs(caps) do io.write(f(), " ", f(), " ") end print()
-- integer for
for i = math.maxinteger - 2, math.maxinteger do io.write(i, " ") end print()
for i = math.mininteger + 2, math.mininteger, -1 do io.write(i, " ") end print()
for i = 1, 3.7 do io.write(i, " ") end for i = 3, 1.2, -1 do io.write(i, " ") end print()
for i = 1.0, 2.5, 0.5 do io.write(i, " ") end print()
print(pcall(function() for i = 1, 10, 0 do end end))
print(pcall(function() for i = "a", 10 do end end))
for i = 1, math.huge do if i > 3 then break end io.write(i, " ") end print()
-- package
package.preload.mymod = function(name, where) return {name = name, where = where} end
local m, extra = require "mymod" print(m.name, m.where, extra, require "mymod" == m)
print((pcall(require, "no.such.module")))
print(select(2, pcall(require, "no.such.module")):sub(1, 60))
print(package.config:sub(1, 1), type(package.searchers), #package.searchers)
-- const
local c <const> = 10
print(c + 1, load("local k <const> = 1; k = 2"))
print(load("local k <foo> = 1"))
-- varargs and select in loaded code, many times
local va = load("local s = 0 for i = 1, select('#', ...) do s = s + (select(i, ...)) end return s")
local t = 0 for i = 1, 200 do t = t + va(i, i, i) end print(t)
