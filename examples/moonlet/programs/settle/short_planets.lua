-- short run: five bodies attract each other; float fields in two short nested loops.
local ROUNDS = tonumber((...)) or 220

local bodies = {}
for k = 1, 5 do
  bodies[k] = { x = k * 1.7, y = k * k * 0.3 - 2, z = 1.0 / k, vx = 0.1 * k, vy = 0.2 - 0.03 * k, vz = 0.01, mass = k == 1 and 30.0 or 0.1 * k }
end
local function step(dt)
  for i = 1, #bodies do
    local a = bodies[i]
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local square = dx * dx + dy * dy + dz * dz + 0.01
      local pull = dt / (square * square ^ 0.5)
      a.vx, a.vy, a.vz = a.vx - dx * b.mass * pull, a.vy - dy * b.mass * pull, a.vz - dz * b.mass * pull
      b.vx, b.vy, b.vz = b.vx + dx * a.mass * pull, b.vy + dy * a.mass * pull, b.vz + dz * a.mass * pull
    end
  end
  for _, b in ipairs(bodies) do b.x, b.y, b.z = b.x + dt * b.vx, b.y + dt * b.vy, b.z + dt * b.vz end
end
for r = 1, ROUNDS do
  for k = 1, 40 do step(0.001) end
end
print(string.format("%.6f %.6f", bodies[1].x, bodies[5].y))
