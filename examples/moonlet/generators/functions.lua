-- Prints a program: so many different functions with a short loop each, called in turn.
-- moonlet functions.lua 240 > loops_in_turn.lua
local n = tonumber((...)) or 240
print("-- many short loops: " .. n .. " of them in turn, each of which runs for a little while in every round.")
print("-- Made by generators/functions.lua.")
print("local ROUNDS = tonumber((...)) or 16")
print("local fs, list = {}, {}")
print("for i = 1, 32 do list[i] = i * 7 % 31 end")
local bodies = {
  "for i = 1, n do s = s + i %% %d end",
  "for i = n, 1, -1 do if i %% %d == 0 then s = s + i else s = s - 1 end end",
  "local i = 0 while i < n do i = i + 1 s = s + list[i %% 32 + 1] * %d end",
  "for _, v in ipairs(list) do if v > %d then s = s + v end end",
  "repeat s = s + n n = n - %d until n < 0",
  "for i = 1, n do local t = { i, i + %d } s = s + t[1] + t[2] end",
  "local text = '' for i = 1, 12 do text = text .. i %% %d end s = s + #text",
}
for k = 1, n do
  print(string.format("fs[%d] = function(n) local s = %d " .. bodies[k % #bodies + 1] .. " return s end", k, k, k % 13 + 2))
end
print([[
local sum = 0
for r = 1, ROUNDS do
  for k = 1, #fs do sum = (sum * 31 + fs[k](30)) % 1000000007 end
end
print(sum)]])
