-- traces: none (it is not compiled)
local s = "a \300 b"
