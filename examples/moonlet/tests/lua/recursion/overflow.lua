-- Endless recursion is an error that pcall catches, and the program goes on.
local function forever(n) return 1 + forever(n + 1) end
local ok, message = pcall(forever, 1)
print(ok, type(message))
local depth = 0
local function dive() depth = depth + 1 dive() end
print((pcall(dive)), depth > 1000)
local a, b
function a(n) return b(n) + 1 end
function b(n) return a(n) + 1 end
print((pcall(a, 1)))
local t = setmetatable({}, {})
local function method(self, n) return self:again(n) .. "x" end
t.again = method
print((pcall(method, t, 1)))
for i = 1, 3 do
  depth = 0
  print(i, (pcall(dive)), depth > 1000)
end
local s = 0
for i = 1, 300 do s = s + i end
print(s)
-- forced: 1 (with fewer forced, each of very many calls leaves by a long chain of traces)
