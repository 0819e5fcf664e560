-- traces: none (it is not compiled)
goto skip
local x = 1
::skip::
print(x)
