-- short run: permutations and flips of their beginnings; loops of two to six rounds over an array.
local ROUNDS = tonumber((...)) or 15

local function flips(n)
  local p, q, count, most, sum = {}, {}, {}, 0, 0
  for i = 1, n do p[i] = i count[i] = i end
  local sign, left = 1, n
  while true do
    local first = p[1]
    if first ~= 1 then
      for i = 2, n do q[i] = p[i] end
      local steps = 1
      while true do
        local other = q[first]
        if other == 1 then break end
        q[first] = first
        if first >= 4 then
          local i, j = 2, first - 1
          repeat q[i], q[j] = q[j], q[i] i = i + 1 j = j - 1 until i >= j
        end
        first = other
        steps = steps + 1
      end
      sum = sum + sign * steps
      if steps > most then most = steps end
    end
    if sign == 1 then
      p[1], p[2] = p[2], p[1]
      sign = -1
    else
      p[2], p[3] = p[3], p[2]
      sign = 1
      for i = 3, n do
        if count[i] ~= 1 then count[i] = count[i] - 1 break end
        if i == n then return sum, most end
        count[i] = i
        local t = p[1]
        for k = 1, i do p[k] = p[k + 1] end
        p[i + 1] = t
      end
    end
  end
end
local total = 0
for r = 1, ROUNDS do
  local sum, most = flips(6)
  total = (total * 7 + sum + most) % 1000003
  if r % 3 == 0 then total = total + select(2, flips(7)) end
end
print(total)
