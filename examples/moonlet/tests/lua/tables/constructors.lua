-- Constructors of all shapes.
local function three() return 1, 2, 3 end
local t = {1, 2, three(), x = 1, ["y"] = 2, [-1] = "minus", three()}
print(#t, t[1], t[3], t[4], t[6], t.x, t.y, t[-1])
t = {three(), (three())}
print(#t, t[1], t[2])
t = {[1] = "a", "b"}
print(t[1])
t = {"a", [1] = "b", [2] = "c"; "d",}
print(t[1], t[2])
t = {{1, {2, {3}}}, {x = {y = {z = "deep"}}}}
print(t[1][2][2][1], t[2].x.y.z)
print(#{}, #{nil}, #{1, 2, nil}, #{n = 1})
local n = 0
for i = 1, 200 do
  local u = {i, i + 1, i + 2, name = "n", [-i] = i, three()}
  n = n + #u + u[1] + u[6] + u[-i]
end
print(n)
local big = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70}
print(#big, big[50], big[51], big[70])
