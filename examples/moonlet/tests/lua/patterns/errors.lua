-- traces: none (every line is an error)
-- What is no pattern, and what cannot be matched.
local function try(f, ...)
  print(select(2, pcall(f, ...)))
end
local bad = { "%", "[a", "[]", "[^]", "[a%", "[a-%", "%b", "%bx", "%f", "%fa", ")", "a)", "%1", "(%1)", "%0", "(", "(a", "((a)",
  ("a?"):rep(201), ("()"):rep(33), ("(a)"):rep(32) .. "()", "%g%", "(()" }
for _, pattern in ipairs(bad) do
  try(string.find, ("a"):rep(300), pattern)
  try(string.match, ("a"):rep(300), pattern)
  try(string.gsub, ("a"):rep(300), pattern, "x")
  try(string.gmatch(("a"):rep(300), pattern))
end
try(string.gsub, "abc", "b", "%2")
try(string.gsub, "abc", "b", "%x")
try(string.gsub, "abc", "b", "%")
try(string.gsub, "abc", "(b)", "%2")
try(string.gsub, "abc", "b", true)
try(string.gsub, "abc", "b")
try(string.gsub, "abc", "b", {}, "x")
try(string.gsub, "abc", "b", function() return {} end)
try(string.gsub, "abc", "b", { b = true })
try(string.gsub)
try(string.gmatch)
try(string.gmatch, "a")
try(string.gmatch, "a", "b", {})
try(string.find, "a")
try(string.find, {}, "a")
try(string.match, "a", "b", 1.5)
try(function() return ("x"):gsub("%") end)
try(function() local s = "abc" return s:find("[") end)
try(function() for _ in ("abc"):gmatch("%") do end end)
try(function() local t = {} t.x:gsub("", "") end)
