-- Bytes of strings and strings of bytes.
print(string.byte("A"), string.byte("ABC", 2), string.byte("ABC", -1), string.byte("ABC", 1, 3))
print(string.byte("ABC", 0), string.byte("ABC", 4), string.byte("", 1), string.byte("ABC", 3, 2))
print(string.byte("ABC", -5, 2), string.byte("ABC", 2, 100))
print(string.char(), string.char(72, 105), #string.char(0, 255), ("x"):byte())
local sum = 0
local text = "the quick brown fox jumps over the lazy dog"
for round = 1, 20 do
  for i = 1, #text do
    sum = (sum * 31 + string.byte(text, i)) % 65521
  end
end
print(sum)
local out = {}
for i = 0, 255 do out[i + 1] = string.char(i) end
local all = table.concat(out)
print(#all, all:byte(1), all:byte(128), all:byte(256))
print(pcall(string.char, 256))
print(pcall(string.char, -1))
print(pcall(string.char, "x"))
