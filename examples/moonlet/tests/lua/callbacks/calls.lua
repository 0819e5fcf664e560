-- Functions of the library that call functions of the program, in each other, with errors and collections.
local depth = 0
local function down() depth = depth + 1 return (("a"):gsub("a", down)) end
print(pcall(down))
print(depth)
depth = 0
local function sorts() depth = depth + 1 table.sort({ 1, 2 }, sorts) end
print(pcall(sorts))
print(depth)
-- An error in a callback ends what called it; a pcall in the callback does not.
print(pcall(string.gsub, "abc", "b", function() error("mine") end))
print(pcall(string.gsub, "abc", "b", function() error("mine", 0) end))
print(pcall(string.gsub, "abc", "b", function() error("mine", 2) end))
print(pcall(string.gsub, "abc", "b", error))
print(pcall(string.gsub, "abc", "b", string.rep))
print(pcall(string.gsub, "abc", "b", pcall))
print(pcall(string.gsub, "abc", "b", function() local x = nil; return x.y end))
print(("abc"):gsub("%w", function(c)
  local ok, why = pcall(function() if c == "b" then error(c .. "!", 0) end return c end)
  return ok and c or why
end))
print(("abc"):gsub("%w", function(c)
  return (select(2, pcall(pcall, error, c .. "?")) and "yes") or "no"
end))
print(("a b c"):gsub("%w", function(c)
  return (c:rep(3):gsub(c, function(d) return (d .. d):gsub(d, "<%0>") end))
end))
-- Every callback collects, and what is under way stays alive.
local text = ("word "):rep(40)
local out, n = text:gsub("%a+", function(w)
  collectgarbage()
  local t = {}
  for i = 1, 5 do t[i] = w .. i end
  return table.concat(t)
end)
print(#out, n)
-- Results: none, one, many; parameters: fewer and more than there are captures.
print(("abc"):gsub("%w", function() end))
print(("abc"):gsub("%w", function() return "x", "y", "z" end))
print(("abc"):gsub("(%w)(%w)", function(a, b, c) return a .. b .. tostring(c) end))
print(("abc"):gsub("(%w)", function(...) return ... end))
print(("abc"):gsub("(%w)(%w)(%w)", function(a) return a end))
-- As a variable that changes, and a loop that is hot in the callback.
local total = 0
for i = 1, 200 do
  local got = ("abcd"):gsub("%w", function(c)
    local s = 0
    for j = 1, 10 do s = s + j end
    total = total + s
    return c
  end)
  assert(got == "abcd")
end
print(total)
-- Errors that leave hot loops through a function of the library.
local caught = 0
for i = 1, 100 do
  local ok, why = pcall(string.gsub, "aab", "%w", function(c)
    if c == "b" and i % 3 == 0 then error("third", 0) end
    return c
  end)
  if not ok then caught = caught + 1 assert(why == "third") end
end
print(caught)
-- Calls that go through several functions of the library and back to a pcall outside.
local function level(k)
  if k == 0 then error({ code = 7 }) end
  table.sort({ 1, 2, 3 }, function(a, b) level(k - 1) return a < b end)
end
for i = 0, 5 do
  local ok, why = pcall(level, i)
  print(ok, type(why), why.code)
end
