-- The same operator sees integers first and floats later, and back.
local function add(a, b) return a + b end
local results = {}
for round = 1, 6 do
  local acc = round % 2 == 0 and 0.5 or 0
  for i = 1, 100 do
    acc = add(acc, i)
  end
  results[round] = acc
end
for i = 1, #results do print(results[i]) end
local acc = 0
for i = 1, 400 do
  acc = add(acc, i % 100 == 0 and 0.25 or 1)
end
print(acc)
