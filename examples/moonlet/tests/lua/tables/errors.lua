-- Keys and values that cannot be.
local t = {}
print(pcall(function() t[nil] = 1 end))
print(pcall(function() t[0 / 0] = 1 end))
print(t[nil], t[0 / 0])
print(pcall(function() local x; x.y = 1 end))
print(pcall(function() local x; return x.y end))
print(pcall(function() local x = 5; return x[1] end))
print(pcall(function() return t.a.b end))
print(pcall(function() return t.a.b.c end))
print(pcall(function() t.a.b = 1 end))
print(pcall(function() return nothing.x end))
print(pcall(function() nothing.x = 1 end))
print(pcall(function() return t[1][2] end))
print(pcall(function() local i = 1; return t[i][2] end))
print(pcall(function() return (1)[1] end))
print(pcall(function() return #5 end))
print(pcall(function() return #t.x end))
print(pcall(function() local n = true; return #n end))
print(pcall(rawset, t, nil, 1))
local errors = 0
for i = 1, 200 do
  if not pcall(function() t[i % 7 ~= 0 and i or nil] = i end) then errors = errors + 1 end
end
print(errors)
