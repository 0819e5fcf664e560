-- A captured variable that changes its type while hot.
local v = 0
local function bump()
  if type(v) == "number" then v = v + 1 else v = v .. "!" end
end
for i = 1, 200 do bump() end
print(v)
v = "s"
for i = 1, 10 do bump() end
print(v)
v = 0.5
for i = 1, 200 do bump() end
print(v)
local function make()
  local state = "start"
  return function(i)
    if state == "start" then state = i
    elseif i % 50 == 0 then state = {i}
    elseif type(state) == "table" then state = state[1] + i
    else state = state + 1 end
    return state
  end
end
local step = make()
local last
for i = 1, 333 do last = step(i) end
print(last)
