-- operators on strings of all sorts: what is converted, and errors with their positions, which
-- those of lua5.4's string library have not
local function shown(x) return type(x) == "table" and "table" or type(x) == "function" and "function" or tostring(x) end
local values = {
  "5", "0", "abc", "", "0x10", " 7 ", "1e400", "-0.0", "0.0", "10.5", "9223372036854775807", "9223372036854775808", "0x", "1e", "nan",
  5, 0, 2.5, 0.0, 1e300, {}, true, print,
}
local operators = {
  { "+", function(a, b) return a + b end }, { "-", function(a, b) return a - b end },
  { "*", function(a, b) return a * b end }, { "/", function(a, b) return a / b end },
  { "%", function(a, b) return a % b end }, { "//", function(a, b) return a // b end },
  { "^", function(a, b) return a ^ b end }, { "&", function(a, b) return a & b end },
  { "|", function(a, b) return a | b end }, { "~", function(a, b) return a ~ b end },
  { "<<", function(a, b) return a << b end }, { ">>", function(a, b) return a >> b end },
  { "<", function(a, b) return a < b end }, { "<=", function(a, b) return a <= b end },
  { "==", function(a, b) return a == b end },
  { "..", function(a, b) local c = a .. b return c end },
}
local unary = {
  { "-", function(a) return -a end }, { "~", function(a) return ~a end },
  { "#", function(a) return type(a) ~= "table" and #a end }, { "not", function(a) return not a end },
}
local messages, numbers = {}, {}
local function try(f, ...)
  local ok, result = pcall(f, ...)
  if result ~= result then return "NaN" end
  if ok then return shown(result) end
  if not numbers[result] then
    messages[#messages + 1] = result
    numbers[result] = "E" .. #messages
  end
  return numbers[result]
end
for _, operator in ipairs(operators) do
  for _, a in ipairs(values) do
    local parts = {}
    for _, b in ipairs(values) do
      if type(a) == "string" or type(b) == "string" then parts[#parts + 1] = try(operator[2], a, b) end
    end
    parts[#parts + 1] = try(operator[2], a, nil)
    parts[#parts + 1] = try(operator[2], nil, a)
    print(operator[1], shown(a), table.concat(parts, " "))
  end
end
for _, operator in ipairs(unary) do
  for _, a in ipairs(values) do print(operator[1], shown(a), try(operator[2], a)) end
end
for number, message in ipairs(messages) do print("E" .. number, message) end

-- constants, upvalues, fields, globals
local zero, t = "0", { zero = "0", word = "x" }
zeros = "0"
print(pcall(function() return "5" // 0 end))
print(pcall(function() return "5" % 0 end))
print(pcall(function() return 5 // "0" end))
print(pcall(function() return 5 % "0" end))
print(pcall(function() return 5 % zero end))
print(pcall(function() return 5 // t.zero end))
print(pcall(function() return 5 % zeros end))
print(pcall(function() return "5" // zeros end))
print(pcall(function() return "5" // 0.0 end))
print(pcall(function() return t.word % 0 end))
print(pcall(function() return t.word // t.zero end))
print(pcall(function() return 1 & t.word end))
print(pcall(function() return t.zero & 1.5 end))
print(pcall(function() return "1.5" | t.zero end))
print(pcall(function() for i = "x", 2 do end end))
print(pcall(function() for i = 1, "2", "0" do end end))

-- levels: the position of the error is nobody's, so it stays the same through callers
local function inner(a, b) return a // b end
local function outer(a, b) local r = inner(a, b) return r end
print(pcall(outer, "1", "0"))
print(pcall(outer, 1, 0))
print(pcall(pcall, outer, "1", 0))

-- hot: an operand turns into a string and the divisor into zero
local ends = {}
for round = 1, 3 do
  for i = 60, 0, -1 do
    local by = i
    if round == 2 then by = tostring(i) end
    local ok, result = pcall(round == 3 and inner or outer, round == 3 and "7" or 7, by)
    if not ok then ends[#ends + 1] = result end
  end
end
print(table.concat(ends, "; "))
