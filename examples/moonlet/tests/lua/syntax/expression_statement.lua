-- traces: none (it is not compiled)
local x = 1
x + 1
