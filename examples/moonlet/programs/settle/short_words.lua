-- short run: words of a text are cut out, counted in a table and put together again.
local ROUNDS = tonumber((...)) or 130

local text = "the quick brown fox jumps over the lazy dog and the dog sleeps while the fox runs on over hill and dale "
local function words(s)
  local out, from = {}, 1
  for i = 1, #s do
    if s:byte(i) == 32 then
      if i > from then out[#out + 1] = s:sub(from, i - 1) end
      from = i + 1
    end
  end
  return out
end
local sum = 0
for r = 1, ROUNDS do
  local s = string.rep(text, 6)
  local counts, kept = {}, {}
  for _, w in ipairs(words(s)) do
    counts[w] = (counts[w] or 0) + 1
    if counts[w] == 1 or #w > 4 then kept[#kept + 1] = w end
  end
  local joined = table.concat(kept, " ")
  sum = (sum * 31 + counts.the * 100 + counts.fox + #joined) % 1000000007
end
print(sum)
