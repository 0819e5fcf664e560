-- The position of the caller.
local function check(x)
  if x > 250 then
    error("too large", 2)
  end
end
for i = 1, 300 do
  check(i)
end
