-- joins: arms with different types, ints and floats, strings, tables, closures, nested ifs, returns from different places
local function pick(n) if n % 3 == 0 then return n elseif n % 3 == 1 then return n + 0.5 else return "s" .. (n % 10) end end
local function two(n) if n % 2 == 0 then return n, "e" end return "o", n end
local t = setmetatable({}, {__index = function(_, k) return k * 2 end})
local acc, str, fl = 0, 0, 0.0
for i = 1, 1500 do
  local v = pick(i)
  local a, b = two(i)
  if math.type(v) == "integer" then acc = acc + v elseif math.type(v) == "float" then fl = fl + v else str = str + #v end
  if a == "o" then acc = acc + b else str = str + #b end
  local obj
  if i % 5 == 0 then obj = {x = i} elseif i % 5 == 1 then obj = {x = i + 0.25, y = 1} else obj = t end
  local x = rawget(obj, "x"); if x then if math.type(x) == "float" then fl = fl + x else acc = acc + x end end
  if i % 7 < 3 then local c = obj; obj = {x = c} ; if obj.x == c then acc = acc + 1 end end
  local nilv; if i % 4 == 0 then nilv = nil elseif i % 4 == 1 then nilv = false else nilv = i end
  if nilv then acc = acc + nilv else acc = acc - 1 end
  if i % 11 == 0 then local ok, e = pcall(function() if i % 2 == 0 then error({i}) end return i end); if ok then acc = acc + e else acc = acc + e[1] end end
end
print(acc, str, fl)
