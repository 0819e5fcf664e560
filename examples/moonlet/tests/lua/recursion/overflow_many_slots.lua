-- Endless recursion with wide frames and with varargs.
-- stress: no (a million slots are marked at every allocation)
local function wide(a, b, c, d, e, f, g, h)
  local i, j, k, l = a, b, c, d
  return wide(i, j, k, l, e, f, g, h) + a
end
print((pcall(wide, 1, 2, 3, 4, 5, 6, 7, 8)))
local function spread(...) return 1 + spread(1, ...) end
print((pcall(spread)))
local function nested(n)
  local t = {n}
  return nested(t[1] + 1) + t[1]
end
print((pcall(nested, 1)))
print("done")
-- forced: 1 (with fewer forced, each of very many calls leaves by a long chain of traces)
