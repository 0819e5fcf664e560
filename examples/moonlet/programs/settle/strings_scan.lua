-- string scanner: a tokeniser and a backtracking matcher over bytes; every character class is a chain of branches.
local ROUNDS = tonumber((...)) or 120

local function is_digit(c) return c >= 48 and c <= 57 end
local function is_letter(c) return c >= 97 and c <= 122 or c >= 65 and c <= 90 or c == 95 end
local function tokens(text)
  local at, counts = 1, { number = 0, word = 0, space = 0, string = 0, sign = 0, comment = 0 }
  while at <= #text do
    local c = text:byte(at)
    if is_letter(c) then
      repeat at = at + 1 c = text:byte(at) until not c or not (is_letter(c) or is_digit(c))
      counts.word = counts.word + 1
    elseif is_digit(c) then
      repeat at = at + 1 c = text:byte(at) until not c or not (is_digit(c) or c == 46)
      counts.number = counts.number + 1
    elseif c == 32 or c == 10 then
      at = at + 1
      counts.space = counts.space + 1
    elseif c == 34 then
      repeat at = at + 1 c = text:byte(at) until not c or c == 34
      at = at + 1
      counts.string = counts.string + 1
    elseif c == 45 and text:byte(at + 1) == 45 then
      repeat at = at + 1 c = text:byte(at) until not c or c == 10
      counts.comment = counts.comment + 1
    else
      at = at + 1
      counts.sign = counts.sign + 1
    end
  end
  return counts
end

-- . any, * after a character: any number of it; $ the end.
local match
local function star(c, pattern, p, text, t)
  repeat
    if match(pattern, p, text, t) then return true end
    local d = text:byte(t)
    t = t + 1
    if not d or c ~= 46 and c ~= d then return false end
  until false
end
function match(pattern, p, text, t)
  local c = pattern:byte(p)
  if not c then return true end
  if pattern:byte(p + 1) == 42 then return star(c, pattern, p + 2, text, t) end
  if c == 36 and p == #pattern then return t > #text end
  local d = text:byte(t)
  if d and (c == 46 or c == d) then return match(pattern, p + 1, text, t + 1) end
  return false
end

local lines = {
  "local x = 10 -- ten\n", "if a_1 <= 3.5 then f(\"text here\") end\n", "  return { 1, 2, 3, name = \"n\" }\n",
  "for i = 1, 100 do sum = sum + list[i] end\n", "-- nothing but this\n", "y = \"a\" .. \"b\" .. 12.75 .. z99\n",
}
local patterns = { "l.*x", ".*=.*1", "for.*do.*end", ".*\".*\".*\n$", "  *r", "x*y*z*q" }
local sum = 0
for r = 1, ROUNDS do
  local line = lines[r % #lines + 1]
  local n = tokens(line .. lines[(r * 5 + 1) % #lines + 1])
  sum = (sum * 31 + n.number + n.word * 3 + n.space * 5 + n.string * 7 + n.sign * 11 + n.comment * 13) % 1000000007
  for _, pattern in ipairs(patterns) do
    for t = 1, 6 do if match(pattern, 1, line, t) then sum = sum + t end end
  end
end
print(sum)
