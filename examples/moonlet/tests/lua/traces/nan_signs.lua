-- A NaN comes out of arithmetic with the sign it went in with, in hot code as in cold. Which sign a NaN has that is
-- made of numbers, and which of two NaNs comes out, is the machine's to say, so nothing here asks.
local positive, negative
do
  local zero = 0.0
  local made = zero / zero
  if tostring(made):sub(1, 1) == "-" then positive, negative = -made, made else positive, negative = made, -made end
end

local function sign(x)
  if x == x then return tostring(x) end
  return tostring(x):sub(1, 1) == "-" and "-" or "+"
end

local forms = {
  {"x + 0", function(x) return x + 0 end}, {"x + 0.0", function(x) return x + 0.0 end},
  {"x + -0.0", function(x) return x + -0.0 end}, {"0 + x", function(x) return 0 + x end},
  {"x - 0", function(x) return x - 0 end}, {"x - 0.0", function(x) return x - 0.0 end},
  {"0 - x", function(x) return 0 - x end}, {"0.0 - x", function(x) return 0.0 - x end},
  {"-0.0 - x", function(x) return -0.0 - x end}, {"1 - x", function(x) return 1 - x end},
  {"x * 1", function(x) return x * 1 end}, {"1.0 * x", function(x) return 1.0 * x end},
  {"x * -1", function(x) return x * -1 end}, {"-1 * x", function(x) return -1 * x end},
  {"x * -1.0", function(x) return x * -1.0 end}, {"x * 2", function(x) return x * 2 end},
  {"x * -2.5", function(x) return x * -2.5 end}, {"x * 0", function(x) return x * 0 end},
  {"x * -0.0", function(x) return x * -0.0 end}, {"x / 1", function(x) return x / 1 end},
  {"x / -1", function(x) return x / -1 end}, {"x / -1.0", function(x) return x / -1.0 end},
  {"x / 2", function(x) return x / 2 end}, {"x / -4", function(x) return x / -4 end},
  {"x / 3", function(x) return x / 3 end}, {"x / 0", function(x) return x / 0 end},
  {"1 / x", function(x) return 1 / x end}, {"-1 / x", function(x) return -1 / x end},
  {"x // 1", function(x) return x // 1 end}, {"x // -1", function(x) return x // -1 end},
  {"x // 2.0", function(x) return x // 2.0 end}, {"-1 // x", function(x) return -1 // x end},
  {"x % 1", function(x) return x % 1 end}, {"x % -1", function(x) return x % -1 end},
  {"x % 2.5", function(x) return x % 2.5 end}, {"7 % x", function(x) return 7 % x end},
  {"x ^ 1", function(x) return x ^ 1 end}, {"x ^ 2", function(x) return x ^ 2 end},
  {"x ^ 3", function(x) return x ^ 3 end}, {"x ^ 0", function(x) return x ^ 0 end},
  {"1 ^ x", function(x) return 1 ^ x end}, {"2 ^ x", function(x) return 2 ^ x end},
  {"-x", function(x) return -x end}, {"-(-x)", function(x) return -(-x) end},
  {"-(x - 1)", function(x) return -(x - 1) end}, {"-(1 - x)", function(x) return -(1 - x) end},
  {"-x * -1", function(x) return -x * -1 end}, {"-x * -x", function(x) return -x * -x end},
  {"-x / -1", function(x) return -x / -1 end}, {"(x + 1) - 0", function(x) return (x + 1) - 0 end},
  {"(x * 2) * 1", function(x) return (x * 2) * 1 end}, {"x + x", function(x) return x + x end},
  {"x * x", function(x) return x * x end}, {"x - x", function(x) return x - x end},
  {"x / x", function(x) return x / x end}, {"inf - x", function(x) return math.huge - x end},
  {"-inf + x", function(x) return -math.huge + x end}, {"abs", function(x) return math.abs(x) end},
}
for _, form in ipairs(forms) do
  local name, f = form[1], form[2]
  for _, x in ipairs {positive, negative} do
    local counts, first = {}, nil
    for _ = 1, 120 do
      local s = sign(f(x))
      first = first or s
      counts[s] = (counts[s] or 0) + 1
    end
    print(name, sign(x), first, counts[first])
  end
end

-- two negations multiplied, the number on either side
local function product(x, y) return -x * -y end
for _, pair in ipairs {{positive, 2.0}, {2.0, positive}, {negative, 2.0}, {2.0, negative}, {negative, -3.5}} do
  local counts = {["+"] = 0, ["-"] = 0}
  for _ = 1, 120 do
    local s = sign(product(pair[1], pair[2]))
    counts[s] = counts[s] + 1
  end
  print("product", sign(pair[1]), sign(pair[2]), counts["+"], counts["-"])
end

-- made of infinities and zeros: the same NaN each time, cold and hot
local makers = {
  function(inf, zero) return inf - inf end, function(inf, zero) return zero / zero end,
  function(inf, zero) return inf * zero end, function(inf, zero) return inf / inf end,
  function(inf, zero) return -inf + inf end, function(inf, zero) return (-1.0) ^ 0.5 end,
  function(inf, zero) return inf % 2 end, function(inf, zero) return math.sqrt(-1 - zero) end,
}
for number, make in ipairs(makers) do
  local first, other = sign(make(math.huge, 0.0)), 0
  for _ = 1, 120 do
    if sign(make(math.huge, 0.0)) ~= first then other = other + 1 end
  end
  print("made", number, other)
end
