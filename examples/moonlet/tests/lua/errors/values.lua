-- Every kind of error value goes through pcall unchanged. -- traces: none (every function in it ends with an error)
local t, f = {}, function() end
print(pcall(error, "message"))
print(pcall(error, "message", 0))
print(pcall(error))
print(pcall(error, nil))
print(pcall(error, 42))
print(pcall(error, 1.5))
print(pcall(error, true))
print(select(2, pcall(error, t)) == t, select(2, pcall(error, f)) == f, select(2, pcall(error, print)) == print)
local function raise(v) error(v) end
print(pcall(raise, "with position"))
print(pcall(raise, 12))
print(select(2, pcall(raise, t)) == t)
local n, texts = 0, 0
for i = 1, 300 do
  local ok, e = pcall(raise, i % 3 == 0 and t or i % 3 == 1 and i or "text")
  if e == t then n = n + 1 elseif type(e) == "string" then texts = texts + 1 else n = n + e end
end
print(n, texts)
