-- traces: none (it is not compiled)
local a = 1
local b = a ? 1 : 2
