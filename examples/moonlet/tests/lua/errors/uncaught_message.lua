-- An error nobody catches ends the program.
print("before")
local function f(x)
  for i = 1, 300 do
    if i == x then error("nobody catches this") end
  end
end
f(301)
f(299)
print("never")
