-- Library functions and globals replaced while hot.
local old_print, lines = print, {}
function print(...) lines[#lines + 1] = select("#", ...) end
print(1, 2)
print()
print = old_print
print(#lines, lines[1], lines[2])
function global_add(a, b) return a + b end
local s = 0
for i = 1, 400 do
  s = s + global_add(i, 1)
  if i == 200 then
    function global_add(a, b) return a - b end
  end
  if i == 300 then global_add = function(a, b) return a * b end end
end
print(s)
counter = 0
for i = 1, 300 do
  counter = counter + 1
  if i == 150 then counter = counter + 0.5 end
  if i == 250 then counter = "1000" end
end
print(counter)
tostring = function() return "replaced" end
print(tostring(1), 1)
local old = string.upper
string.upper = function(s) return "custom " .. s end
print(("x"):upper(), old("x"))
string.extra = function(s, n) return s .. n end
for i = 1, 200 do s = s + #("ab"):extra(i) end
print(s)
math = nil
print(math, pcall(function() return math.floor(1) end))
