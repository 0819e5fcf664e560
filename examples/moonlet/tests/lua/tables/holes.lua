-- Arrays with holes, read element by element.
local t = {}
for i = 1, 200 do t[i] = i end
for i = 2, 198, 3 do t[i] = nil end
local present, sum = 0, 0
for i = 1, 200 do
  if t[i] then
    present = present + 1
    sum = sum + t[i]
  end
end
print(present, sum, t[1], t[2], t[3], t[200])
for i = 2, 198, 3 do t[i] = -i end
sum = 0
for i = 1, #t do sum = sum + t[i] end
print(#t, sum)
local sparse = {}
for i = 1, 200 do sparse[i * i] = i end
sum = 0
for i = 1, 40000 do
  if sparse[i] then sum = sum + sparse[i] end
end
print(sum)
local down = {}
for i = 200, 1, -1 do down[i] = i end
print(#down, down[1], down[200])
