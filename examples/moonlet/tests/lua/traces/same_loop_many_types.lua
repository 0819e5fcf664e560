-- One generic loop run over data of many kinds.
local function fold(t, f, init)
  local acc = init
  for i = 1, #t do acc = f(acc, t[i]) end
  return acc
end
local ints, floats, strings, tables = {}, {}, {}, {}
for i = 1, 120 do
  ints[i] = i
  floats[i] = i + 0.25
  strings[i] = "s" .. i
  tables[i] = {i}
end
local function plus(a, b) return a + b end
local function more(a, b) return a > b and a or b end
for round = 1, 3 do
  print(fold(ints, plus, 0))
  print(fold(floats, plus, 0))
  print(fold(ints, plus, 0.5))
  print(fold(ints, more, 0), fold(floats, more, 0), fold(strings, more, ""))
  print(#fold(strings, function(a, b) return a .. b end, ""))
  print(fold(tables, function(a, b) return a + b[1] end, 0))
  print(fold(tables, function(a, b) return b end, nil)[1])
  print(pcall(fold, tables, plus, 0))
end
