-- What cannot be ordered.
local function less(a, b) return a < b end
local function less_equal(a, b) return a <= b end
print(pcall(less, 1, "2"))
print(pcall(less, "1", 2))
print(pcall(less, {}, {}))
print(pcall(less, nil, 1))
print(pcall(less_equal, true, false))
print(pcall(less_equal, print, 1))
print(pcall(function() return 1 > "x" end))
print(pcall(function() return {} >= 1 end))
print(pcall(function(a) return a < 5 end))
print(pcall(function(a) return 5 <= a end, "x"))
local failed = 0
for i = 1, 200 do
  local ok = pcall(less, i, i % 20 == 0 and "x" or 100)
  if not ok then failed = failed + 1 end
end
print(failed)
