-- tonumber with a base: signs, white space, digits of all bases, what is refused
local texts = {
  "+7", "-7", "7", "+", "-", "", " ", "+-1", "-+1", "++1", "--1", "+ 1", "- 1", " +1 ", "\t-1\n", "\v+1\f\r",
  "+ff", "-FF", "+Ff", "zz", "+1Z", "  +1Z  ", "+1Z x", "1 2", "+0", "-0", "00012", "+00012", "1.0", "+1.5", "1e1",
  "0x10", "+0x10", "10", "+10", "-10", "2", "+2", "8", "9", "a", "g", "_", "1_0", "$1", "+\0", "1\0", "\0001", "+1\0",
  "9223372036854775807", "+9223372036854775807", "-9223372036854775808", "9223372036854775808",
  "+ffffffffffffffff", "-ffffffffffffffff", "10000000000000000", "+zzzzzzzzzzzzzzzz", "111111111111", "\xe4", "+\xb2",
}
for _, base in ipairs { 2, 3, 8, 10, 11, 16, 20, 35, 36 } do
  local parts = {}
  for i, text in ipairs(texts) do parts[i] = tostring(tonumber(text, base)) end
  print(base, table.concat(parts, " "))
end
for _, text in ipairs(texts) do print(tonumber(text), math.tointeger(tonumber(text) or 0.5)) end
print(pcall(tonumber, "+1", 1))
print(pcall(tonumber, "+1", 37))
print(pcall(tonumber, 1, 10))
print(pcall(tonumber, nil, 10))
print(pcall(tonumber, "+1", "x"))
print(tonumber("+1", "10"), tonumber("+11", 2.0), tonumber("+7", nil))
local sum = 0
for i = 1, 200 do sum = sum + tonumber(i % 2 == 0 and "+1f" or " -f ", 16) end
print(sum)
