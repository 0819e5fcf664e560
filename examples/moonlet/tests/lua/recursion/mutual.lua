-- Functions that call one another, not in tail position.
local a, b, c
function a(n) if n <= 0 then return 1 end return b(n - 1) + 1 end
function b(n) if n <= 0 then return 2 end return c(n - 1) + a(n - 2) end
function c(n) if n <= 0 then return 3 end return a(n - 1) * 2 % 1009 end
for i = 0, 20, 4 do print(i, a(i), b(i), c(i)) end
local s = 0
for i = 1, 150 do s = s + a(i % 13) end
print(s)
local male
local function female(n) if n == 0 then return 1 end return n - male(female(n - 1)) end
function male(n) if n == 0 then return 0 end return n - female(male(n - 1)) end
print(female(20), male(20))
