-- string builder: concatenation, formats and parts of strings in small functions; every string is new.
local ROUNDS = tonumber((...)) or 120

local function pad(text, n) while #text < n do text = text .. " " end return text end
local function row(cells)
  local out = ""
  for i, cell in ipairs(cells) do
    if i > 1 then out = out .. " | " end
    out = out .. pad(tostring(cell), 6)
  end
  return out .. "\n"
end
local function roman(n)
  local values = { 1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1 }
  local names = { "M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I" }
  local out = ""
  for i = 1, #values do
    while n >= values[i] do
      out = out .. names[i]
      n = n - values[i]
    end
  end
  return out
end
local function reverse(text)
  local out = {}
  for i = #text, 1, -1 do out[#out + 1] = text:sub(i, i) end
  return table.concat(out)
end
local sum = 0
for r = 1, ROUNDS do
  local text = ""
  for k = 1, 8 do
    local n = r % 90 * 13 + k * 7
    text = text .. row({ k, n, roman(n), reverse("n" .. n), string.format("%04x", n) })
  end
  for i = 1, #text, 5 do sum = (sum * 31 + text:byte(i)) % 1000000007 end
end
print(sum)
