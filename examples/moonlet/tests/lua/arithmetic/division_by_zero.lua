-- Integer division by zero is an error, float division is not.
local function try(f, ...)
  print(pcall(f, ...))
end
local function div(a, b) return a // b end
local function mod(a, b) return a % b end
try(div, 1, 0)
try(mod, 1, 0)
try(div, 0, 0)
try(div, 1.0, 0)
try(div, 1, 0.0)
print(mod(1.5, 0) ~= mod(1.5, 0))
local caught = 0
for i = 1, 300 do
  local ok, message = pcall(div, 1000, i % 50)
  if not ok then
    caught = caught + 1
    if caught == 3 then print(message) end
  end
end
print(caught)
for i = 1, 300 do
  local ok, message = pcall(mod, i, 10 - i % 11)
  if not ok and i > 280 then print(i, message) end
end
