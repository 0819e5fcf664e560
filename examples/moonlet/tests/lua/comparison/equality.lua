-- Equality never converts, and tables are themselves only.
print(1 == "1", 0 == false, nil == false, "" == false, 1 == true)
print("a" == "a", "a" .. "b" == "ab", "1" + 0 == 1)
local t, u = {}, {}
print(t == t, t == u, t ~= u, t == nil, print == print, print == type)
local f = function() end
print(f == f, f == function() end)
local values = {1, 1.0, "1", true, false, t, u, f, print, "x"}
local same = 0
for i = 1, #values do
  for j = 1, #values do
    if values[i] == values[j] then same = same + 1 end
  end
end
print(same)
local count = 0
for i = 1, 300 do
  local v = values[i % #values + 1]
  if v == 1 then count = count + 1 end
  if v == "x" then count = count + 10 end
  if v == nil then count = count + 1000 end
  if v ~= true then count = count + 100 end
  if v == t then count = count + 10000 end
end
print(count)
