-- Leaving loops early, and the continue idiom.
local found
for i = 1, 300 do
  if i * i > 20000 then found = i break end
end
print(found)
local s = 0
for i = 1, 300 do
  if i % 3 == 0 then goto continue end
  if i % 5 == 0 then goto continue end
  s = s + i
  ::continue::
end
print(s)
for i = 1, 30 do
  for j = 1, 30 do
    if (i + j) % 7 == 0 then goto next end
    if i * j > 400 then goto out end
    s = s + 1
  end
  ::next::
end
::out::
print(s)
local i = 0
while true do
  i = i + 1
  if i % 2 == 0 then goto continue end
  if i > 250 then break end
  s = s + i
  ::continue::
end
print(i, s)
repeat
  i = i - 1
  if i % 4 ~= 0 then goto skip end
  s = s - i
  ::skip::
until i <= 0
print(i, s)
