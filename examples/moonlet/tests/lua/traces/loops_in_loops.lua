-- Inner loops left early, entered rarely, and changed by outer ones.
local s = 0
for i = 1, 100 do
  local j = 0
  while true do
    j = j + 1
    if j * j > i then break end
    for k = j, i, 13 do s = s + k end
  end
end
print(s)
local grid = {}
for y = 1, 20 do
  grid[y] = {}
  for x = 1, 20 do grid[y][x] = (x * y) % 3 == 0 end
end
for generation = 1, 8 do
  local new = {}
  for y = 1, 20 do
    new[y] = {}
    for x = 1, 20 do
      local n = 0
      for dy = -1, 1 do
        local row = grid[y + dy]
        if row then
          for dx = -1, 1 do
            if row[x + dx] and not (dx == 0 and dy == 0) then n = n + 1 end
          end
        end
      end
      new[y][x] = n == 3 or n == 2 and grid[y][x]
    end
  end
  grid = new
end
local alive = 0
for y = 1, 20 do for x = 1, 20 do if grid[y][x] then alive = alive + 1 end end end
print(alive)
for i = 1, 300 do
  for j = 1, i % 100 == 0 and 200 or 1 do s = s + j end
end
print(s)
