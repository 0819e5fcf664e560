-- Statements in all layouts; semicolons; comments everywhere.
local a = 1; local b = 2;;; local c = a + b;
do local a = 5 end
print(a, b, c) print(a
, b)
local t = {a = 1, ["b"] = 2; 3, f = function() return end,}
if a == 1 then elseif a == 2 then else end
while false do end
repeat local x = 1 until x == 1
for i = 1, 3 do end
for k, v in next, t do end
local function f(...) return ... end
local function g() return; end
--[[ comment ]] print --[=[ another ]=] ( "x" ); -- end
(f)("y")
f "z" f {1} f
[[w]]
do
  local s = 0
  for i = 1, 300 do s = s + i; end;
  print(s);
end
::label:: ::other::
goto last
do print("never") end
::last::
return print("return"), f()
