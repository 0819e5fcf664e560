-- Words counted, texts scanned byte by byte.
local N = 1200
local words, count = { "alpha", "beta", "gamma", "delta", "eps" }, {}
local out = {}
for i = 1, N do
  local w = words[i % 5 + 1] .. i % 37
  count[w] = (count[w] or 0) + 1
  if i % 3 == 0 then
    out[#out + 1] = w:upper():sub(1, 3)
  end
  if #out > 100 then
    out = { table.concat(out, ","):sub(1, 50) }
  end
end
local n = 0
for k, v in pairs(count) do
  n = n + v * #k
end
print(n, #table.concat(out))
local s = 0
local text = string.rep("the quick brown fox ", 50)
for r = 1, N // 600 do
  for i = 1, #text do
    local b = text:byte(i)
    if b == 32 then
      s = s + 1
    elseif b > 110 then
      s = s + b
    end
  end
end
print(s)
