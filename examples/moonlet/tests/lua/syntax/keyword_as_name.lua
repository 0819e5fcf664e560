-- traces: none (it is not compiled)
local end = 1
