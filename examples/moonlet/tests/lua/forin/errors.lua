-- What a generic loop refuses.
print(pcall(function() for x in nil do end end))
print(pcall(function() for x in 5 do end end))
print(pcall(function() local t = {} for x in t do end end))
print(pcall(function() for k in pairs() do end end))
print(pcall(function() for k in pairs(nil) do end end))
print(pcall(function() for k in ipairs() do end end))
local function failing(limit)
  local i = 0
  return function()
    i = i + 1
    if i > limit then error("iterator failed at " .. i) end
    return i
  end
end
local s = 0
print(pcall(function() for i in failing(250) do s = s + i end end))
print(s)
-- The function that `ipairs` answers has no name of its own.
local step = ipairs({})
print(pcall(step))
print(pcall(step, {}, 1.5))
print(pcall(function() return step({}) end))
