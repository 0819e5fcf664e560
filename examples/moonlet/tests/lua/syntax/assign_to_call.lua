-- traces: none (it is not compiled)
local function f() end
f() = 1
