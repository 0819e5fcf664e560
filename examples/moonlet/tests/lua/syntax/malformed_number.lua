-- traces: none (it is not compiled)
local n = 3x + 1
