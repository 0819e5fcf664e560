-- What string.format refuses.
local f = string.format
print(pcall(f, "%d", 1.5))
print(pcall(f, "%d", "x"))
print(pcall(f, "%d"))
print(pcall(f, "%s"))
print(pcall(f, "%d", nil))
print(pcall(f, "%f", {}))
print(pcall(f, "%y", 1))
print(pcall(f, "%"))
print(pcall(f))
print(pcall(function() return ("%d"):format("1.5") end))
local ok, failed = 0, 0
for i = 1, 200 do
  if pcall(f, "%d", i / 4) then ok = ok + 1 else failed = failed + 1 end
end
print(ok, failed)
