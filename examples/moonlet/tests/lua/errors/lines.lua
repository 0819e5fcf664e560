-- The position is that of the instruction that failed. -- traces: none (every function in it ends with an error)
local t = {}
local function many_lines(kind)
  local a = 1
  if kind == 1 then
    a = a +
      t
  elseif kind == 2 then
    a = t.x
      .y
  elseif kind == 3 then
    t.f(
      1,
      2
    )
  elseif kind == 4 then
    return a ..
      "x" ..
      t
  elseif kind == 5 then
    a = {
      1,
      t.x.y
    }
  elseif kind == 6 then
    error(
      "on line"
    )
  elseif kind == 7 then
    for i = 1,
      t do
    end
  elseif kind == 8 then
    return #
      nil
  elseif kind == 9 then
    return a
      < t
  end
end
for kind = 1, 9 do print(kind, pcall(many_lines, kind)) end
local last
for i = 1, 300 do
  local ok, e = pcall(many_lines, i % 9 + 1)
  last = e
end
print(last)
