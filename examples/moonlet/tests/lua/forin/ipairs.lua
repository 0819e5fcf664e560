-- ipairs stops at the first nil.
local t = {10, 20, 30, nil, 50}
for i, v in ipairs(t) do io.write(i, "=", v, ";") end
print()
local big = {}
for i = 1, 300 do big[i] = i end
local s = 0
for i, v in ipairs(big) do s = s + i * v end
print(s)
for i, v in ipairs(big) do
  if i > 200 then break end
  s = s - v
end
print(s)
for i, v in ipairs({}) do print("never") end
local grown = {1}
for i, v in ipairs(grown) do
  if i < 250 then grown[i + 1] = v + i end
end
print(#grown, grown[250])
local doubles = {}
for i = 1, 200 do doubles[i] = i * 2 end
local proxy = setmetatable({}, {__index = doubles})
s = 0
for i, v in ipairs(proxy) do s = s + v end
print(s)
print(pcall(ipairs))
print(pcall(function() for _ in ipairs(nil) do end end))
print(pcall(function() for _ in ipairs(5) do end end))
for _ in ipairs("text") do print("never") end
local odd = setmetatable({1, 2}, {__index = 5})
print(pcall(function() for i, v in ipairs(odd) do s = s + v end end))
print(s)
