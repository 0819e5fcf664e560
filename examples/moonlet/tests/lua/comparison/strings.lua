-- Strings compare byte by byte.
print("a" < "b", "a" < "B", "abc" < "abd", "abc" < "abcd", "" < "a", "Z" < "a")
print("a" <= "a", "a" >= "b", "10" < "9", "10" == "10", "a\0b" < "a\0c", "a\0" > "a")
local names = {"delta", "alpha", "charlie", "bravo", "echo", "foxtrot"}
-- insertion sort
for round = 1, 40 do
  local list = {}
  for i = 1, #names do list[i] = names[(i * round) % #names + 1] end
  for i = 2, #list do
    local x, j = list[i], i - 1
    while j >= 1 and list[j] > x do
      list[j + 1] = list[j]
      j = j - 1
    end
    list[j + 1] = x
  end
  if round % 13 == 0 then print(table.concat(list, " ")) end
end
local smaller = 0
for i = 1, 300 do
  if ("k" .. i) < "k2" then smaller = smaller + 1 end
end
print(smaller)
