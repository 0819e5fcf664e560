-- How operators bind.
for round = 1, 3 do
  print(1 + 2 * 3 ^ 2 // 4 - 5 % 3)
  print(2 * 3 % 4, 2 * (3 % 4), 7 // 2 * 2, 7 // (2 * 2))
  print(-3 ^ 2, (-3) ^ 2, not nil == true, not (nil == true))
  print(1 .. 2 == "12", "a" .. "b" == "ab" and 1 or 2)
  print(1 < 2 == true, "x" < "y" == not false)
  print(5 & 3 | 8, 5 & (3 | 8), 1 | 2 ~ 3, 1 << 2 + 1, (1 << 2) + 1)
  print(2 ^ 2 ^ 3, (2 ^ 2) ^ 3, 8 // 3 // 2, 100 - 10 - 1)
  print(#"abc" + 1, -#"abc", ~5 & 7, - -2)
  print(1 or error("not reached"), nil and error("not reached"))
end
