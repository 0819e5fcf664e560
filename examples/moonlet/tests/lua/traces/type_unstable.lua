-- A loop whose variables change type every so often.
local x, ints, floats, strings = 0, 0, 0, 0
for i = 1, 600 do
  if i % 97 == 0 then x = x + 0.5
  elseif i % 61 == 0 then x = "7"
  elseif i % 53 == 0 then x = 3 end
  local t = math.type(x)
  if t == "integer" then ints = ints + 1
  elseif t == "float" then floats = floats + 1
  else strings = strings + 1 end
  x = x + 1
end
print(x, ints, floats, strings)
local v = nil
local n = 0
for i = 1, 500 do
  if v == nil then v = i
  elseif v == true then v = nil n = n + 1
  elseif v == false then v = true
  elseif i % 7 == 0 then v = false
  else v = v + i end
end
print(v, n)
local a, b = 0, 0.5
for i = 1, 301 do a, b = b, a + 1 end
print(a, b)
