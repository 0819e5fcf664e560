-- More results than there is room for are an error, which a protected call catches.
print(pcall(table.unpack, {}, 1, 1e7))
print(pcall(pcall, table.unpack, {}, 1, 1e7))
local failed = 0
for i = 1, 100 do
  if not pcall(table.unpack, {}, 1, i * 2e6) then failed = failed + 1 end
end
print(failed)
