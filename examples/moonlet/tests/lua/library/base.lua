-- type, select, rawequal and the like.
print(type(nil), type(true), type(1), type(1.5), type("x"), type({}), type(print), type(function() end))
print(pcall(type))
print(select("#", 1, nil, nil), select("#"), select(2, "a", "b"), select(-1, "a", "b"))
print(rawequal("a", "a"), rawequal({}, {}), rawlen({1, 2, 3}), rawlen("four"))
print(rawget({5}, 1), rawget({}, 1), rawset({}, "k", 1).k)
local t, u = {}, {}
print(tostring(print) == tostring(print), tostring(t) == tostring(t), tostring(t) ~= tostring(u))
local counts = {}
local values = {1, "x", true, {}, print, 1.5, function() end, false}
for i = 1, 400 do
  local k = type(values[i % 9 + 1])
  counts[k] = (counts[k] or 0) + 1
end
print(counts.number, counts.string, counts.boolean, counts.table, counts["function"], counts["nil"])
local s = 0
for i = 1, 300 do
  s = s + select("#", i, i) + select(2, i, i + 1) + rawlen({i}) + rawget({i}, 1)
end
print(s)
