-- traces: none (it is not compiled)
local t = {1, 2,
