-- Protected calls: results, nesting, arguments.
print(pcall(function() return 1, nil, 3 end))
print(pcall(function() end))
print(pcall(function(...) return select("#", ...), ... end, 1, nil, nil))
print(pcall(pcall, error, "x"))
print(pcall(pcall))
print(pcall(function() return pcall(function() error("inner", 0) end) end))
local ok, e = pcall(function()
  local ok, e = pcall(error, "first", 0)
  error("second after " .. e, 0)
end)
print(ok, e)
local function nested(n)
  if n == 0 then error("bottom", 0) end
  local ok, e = pcall(nested, n - 1)
  if n % 2 == 0 then return e end
  error(e .. n, 0)
end
for i = 1, 6 do print(pcall(nested, i)) end
local s = 0
for i = 1, 300 do
  local ok, a, b = pcall(function(x, y) return x + y, x - y end, i, 1)
  s = s + a - b
end
print(s)
local function safe_div(a, b)
  local ok, r = pcall(function() return a // b end)
  return ok and r or 0
end
for i = 1, 300 do s = s + safe_div(i, i % 7) end
print(s)
print(select("#", pcall(error)))
