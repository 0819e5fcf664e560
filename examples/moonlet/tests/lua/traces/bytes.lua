-- Bytes of strings in hot loops, with indices that leave the string.
local text = "hello, trace"
local s, nils = 0, 0
for i = 1, 400 do
  local b = text:byte(i % 15 + 1)
  if b then s = s + b else nils = nils + 1 end
end
print(s, nils)
for i = 1, 300 do
  local b = text:byte(-(i % 20))
  if b then s = s + b else nils = nils + 1 end
end
print(s, nils)
local function hash(str)
  local h = 17
  for i = 1, #str do h = (h * 31 + str:byte(i)) & 0xffffff end
  return h
end
for i = 1, 100 do s = s ~ hash(text .. i) end
print(s)
local upper = 0
for i = 1, 300 do
  local c = text:sub(i % #text + 1, i % #text + 1)
  if c == "l" then upper = upper + 1 elseif c == "," then upper = upper + 100 end
end
print(upper)
