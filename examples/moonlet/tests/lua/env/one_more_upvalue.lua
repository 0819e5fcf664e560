-- A function may capture 255 variables, and _ENV is one of them.
local function nested(count, uses_global)
  local lines, sums = {}, {}
  local made = 0
  local function locals(n)
    for i = 1, n do
      made = made + 1
      lines[#lines + 1] = "local v" .. made .. " = " .. made
      sums[#sums + 1] = "v" .. made
    end
  end
  locals(math.min(count, 150))
  lines[#lines + 1] = "return (function()"
  locals(count - math.min(count, 150))
  lines[#lines + 1] = "return (function() return " .. (uses_global and "g or " or "") .. "0"
  for i = 1, #sums, 10 do
    lines[#lines + 1] = "+ (" .. table.concat(sums, " + ", i, math.min(i + 9, #sums)) .. ")"
  end
  lines[#lines + 1] = "end)() end)()"
  return table.concat(lines, "\n")
end
for _, count in ipairs {200, 254, 255, 256} do
  for _, uses in ipairs {false, true} do
    local f, message = load(nested(count, uses), "=n")
    print(count, uses, f and f() or message)
  end
end
