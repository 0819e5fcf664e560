-- math.random: the numbers of lua5.4 for a seed, intervals, and what is none.
local function try(...)
  print(pcall(...))
end
for _, seed in ipairs { 0, 1, 42, -1, math.maxinteger, math.mininteger, 123456789 } do
  print(math.randomseed(seed))
  print(math.random(), math.random(), math.random(0))
  print(math.random(10), math.random(6), math.random(1), math.random(100), math.random(-5, 5), math.random(0, 1))
  print(math.random(math.mininteger, math.maxinteger), math.random(0, math.maxinteger), math.random(math.mininteger, 0), math.random(3, 3))
  print(math.random(1 << 40), math.random(5, 5 + (1 << 53)), math.random(3.0), math.random("7"))
end
print(math.randomseed(1, 2), math.random(1000), math.randomseed("3"), math.random(1000), math.randomseed(4.0), math.random(1000))
try(math.random, 2, 1) try(math.random, -1) try(math.random, 1, 2, 3) try(math.random, 1.5) try(math.random, "x") try(math.random, {}) try(math.random, nil) try(math.random, 1, nil)
try(math.randomseed, 1.5) try(math.randomseed, "x") try(math.randomseed, {}) try(math.randomseed, 1, "x")
math.randomseed(7)
local sum, count = 0, {}
for i = 1, 2000 do
  sum = sum + math.random(1000)
  local d = math.random(6)
  count[d] = (count[d] or 0) + 1
  if math.random() < 0.5 then sum = sum + 1 end
end
print(sum, table.concat(count, " "))
print(select("#", math.randomseed()))
