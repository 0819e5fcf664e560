-- traces: none (it is not compiled)
local function f()
  return ...
end
