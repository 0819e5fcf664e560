-- traces: none (it is not compiled)
local s = "no end
print(s)
