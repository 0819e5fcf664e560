-- `%`, `//` and math.fmod of floats at the edges of what there is, against each other
local tiny, least = 2.2250738585072014e-308, 5e-324
local edges = {
  0.0, -0.0, 1.0, -1.0, 0.5, 1.5, -2.5, 3.0, 7.0, -7.0, 10.0, 0.1, -0.3, 1e-10,
  least, -least, 3 * least, tiny, -tiny, tiny - least, tiny + least, 1.5 * tiny,
  2e-200, -2.1e-200, 1e-155, -3e-160, 1e154, -1.3e160, 2.1e200, -2e200,
  1e307, -2.1e307, 1e308, -1.05e308, 1.7976931348623157e308, -1.7976931348623157e308,
  2.0 ^ 52, 2.0 ^ 53 + 2, -(2.0 ^ 53) - 2, 2.0 ^ 63, -(2.0 ^ 63), 2.0 ^ 64, 2.0 ^ 1000,
  9007199254740993.0, 4503599627370497.5, math.huge, -math.huge, math.pi, -1 / 3,
  1.0000000000000002, 0.9999999999999999,
}
local function text(x)
  if x ~= x then return "NaN" end
  return string.format("%a", x)
end
local function mod(x, y) return x % y end
local function div(x, y) return x // y end
local function row(x)
  local parts = {}
  for i, y in ipairs(edges) do
    local rest, quotient = mod(x, y), div(x, y)
    parts[i] = text(rest) .. " " .. text(quotient)
    local cut = math.fmod(x, y)
    if rest == rest and cut ~= rest and cut + y ~= rest then parts[i] = parts[i] .. " fmod " .. text(cut) end
  end
  print(text(x) .. ": " .. table.concat(parts, " "))
end
for _, x in ipairs(edges) do row(x) end

-- one operand an integer, or a constant
local integers = { 0, 1, -1, 2, -3, 7, 1000003, math.maxinteger, math.mininteger, math.maxinteger - 1 }
for _, i in ipairs(integers) do
  local parts = {}
  for at, y in ipairs(edges) do
    parts[at] = text(i % y) .. " " .. (i ~= 0 and text(y % i) or "-")
  end
  print(i, table.concat(parts, " "))
end
for _, x in ipairs(edges) do
  print(text(x % 2e-200), text(x % -2e-200), text(x % 3.5), text(x % -1e308), text(x % 1e308),
    text(x % math.huge), text(x % -math.huge), text(x % 5e-324), text(x % -1), text(x % 3))
  print(text(2e-200 % x), text(-2.1e-200 % x), text(-3.5 % x), text(1.1e308 % x), text(-5e-324 % x),
    text(math.huge % x), text(7 % x), text(-7 % x))
end

-- in a loop whose operands go through small and large values
local x, y, sum, crossed = 1.0, -1.7, 0.0, 0
for i = 1, 1100 do
  x, y = x / 2, y / 2
  local rest = x % y
  if rest ~= x + y then crossed = crossed + 1 end
  sum = sum + rest
end
print(text(sum), crossed)
