-- Extra arguments: counted, selected, packed.
local function count(...) return select("#", ...) end
print(count(), count(nil), count(nil, nil), count(1, 2, 3))
local function first(...) return (...) end
print(first(1, 2), first(), (first(nil, 1)))
local function rest(a, ...) return ... end
print(rest(1, 2, 3), rest(1), (rest(1, 2)))
print(rest(1, 2, 3))
local function pack(...) return {...} end
print(#pack(1, 2, 3), pack(1, 2)[2], #pack())
local function both(...)
  local a, b = ...
  local t = {..., "end"}
  return a, b, #t, t[1], t[2]
end
print(both(1, 2, 3))
print(both())
local s = 0
for i = 1, 300 do
  s = s + count(i, i, i) + first(i, 1) + #pack(i, i)
end
print(s)
print((select("#")), select("#", nil, nil))
print(select(2, "a", "b", "c"))
print(select(-1, "a", "b", "c"), select(-2, "a", "b", "c"))
print(pcall(select, 0, "a"))
print(pcall(select, -4, "a", "b"))
print(pcall(select, "x"))
