-- Constants of loaded chunks, and functions out of them, while everything else is collected.
local made = {}
for i = 1, 60 do
  local f = load("local t = {'long constant of number " .. i .. ", which is not short enough to be shared', " .. i ..
    ".5} return function(k) return t[k] .. 'and another long constant of the same chunk, number " .. i .. "' end", "=c")
  made[i] = f()
  if i % 20 == 0 then collectgarbage() end
end
collectgarbage()
for i = 1, 60, 13 do print(made[i](1), made[i](2)) end
made = nil
collectgarbage()
local again = load("return 'long constant of number 5, which is not short enough to be shared'")
collectgarbage()
print(again())
local env = {}
local f = load("value = (value or '') .. 'x' return function() return value end", "=e", "t", env)
local g = f()
f, env = nil, nil
collectgarbage()
print(g())
-- As often as one likes: the same text is compiled once.
local before
for i = 1, 3000 do
  load("local x = {} return x")()
  if i == 100 then collectgarbage() before = collectgarbage("count") end
end
collectgarbage()
print(collectgarbage("count") - before < 40)
