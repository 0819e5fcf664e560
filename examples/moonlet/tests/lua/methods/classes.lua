-- Classes with inheritance and overridden methods.
local Animal = {}
Animal.__index = Animal
function Animal.new(name) return setmetatable({name = name, energy = 0}, Animal) end
function Animal:speak() return self.name .. " makes a sound" end
function Animal:eat(n) self.energy = self.energy + n return self end
local Dog = setmetatable({}, {__index = Animal})
Dog.__index = Dog
function Dog.new(name)
  local d = Animal.new(name)
  d.tricks = 0
  return setmetatable(d, Dog)
end
function Dog:speak() return self.name .. " barks" end
function Dog:train() self.tricks = self.tricks + 1 return self:eat(2) end
local a, d = Animal.new("cat"), Dog.new("rex")
print(a:speak(), d:speak(), getmetatable(d) == Dog)
for i = 1, 300 do
  a:eat(1)
  d:train():eat(1)
end
print(a.energy, d.energy, d.tricks)
local zoo = {a, d, Animal.new("cow"), Dog.new("bob")}
local n = 0
for i = 1, 400 do
  local x = zoo[i % 4 + 1]
  x:eat(i % 3)
  n = n + #x:speak()
end
print(n)
for i = 1, #zoo do print(zoo[i]:speak(), zoo[i].energy, zoo[i].tricks) end
function Dog:speak() return "silence" end
for i = 1, 200 do n = n + #zoo[i % 4 + 1]:speak() end
print(n)
