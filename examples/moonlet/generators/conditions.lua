-- Prints a program: a loop of so many iterations, with n conditions that go either way.
-- moonlet conditions.lua 64 1000000 > 64.lua
local n, times = ...
n, times = tonumber(n) or 64, tonumber(times) or 100000
print("local s, r = 1, 0")
print("for i = 1, " .. times .. " do")
print("  s = (s * 1103515245 + 12345) % 2147483648")
print("  local a, c = s, 0")
for k = 0, n - 1 do
  print("  a = (a * 16807 + " .. k .. ") % 2147483647")
  print("  if a % 256 >= 128 then c = c + " .. k .. " else c = c - " .. 2 * k + 1 .. " end")
end
print("  r = (r + c) % 1000003")
print("end")
print("print(r)")
