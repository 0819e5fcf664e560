-- traces: none (it is not compiled)
local s = "a \q b"
