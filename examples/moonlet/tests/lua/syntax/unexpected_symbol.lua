-- traces: none (it is not compiled)
print("before")
local x = = 1
