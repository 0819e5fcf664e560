-- traces: none (it is not compiled)
local function f()
  if true then
    print(1)
end
print(2)
