-- What a numeric loop refuses.
local function loop(a, b, c) for i = a, b, c do end end
print(pcall(loop, "a", 2, 1))
print(pcall(loop, 1, "x", 1))
print(pcall(loop, 1, 2, "z"))
print(pcall(loop, nil, 2, 1))
print(pcall(loop, 1, {}, 1))
print(pcall(loop, 1, 2, 0))
print(pcall(loop, 1.5, 2, 0.0))
print(pcall(loop, 1, 2, nil))
local failed = 0
for i = 1, 200 do if not pcall(loop, 1, 3, i % 10) then failed = failed + 1 end end
print(failed)
