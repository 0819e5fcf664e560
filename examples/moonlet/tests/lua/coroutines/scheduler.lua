-- Tasks in turn, with messages between them.
local tasks, trace = {}, {}
local function spawn(f, ...)
  local co = coroutine.create(f)
  tasks[#tasks + 1] = {co = co, args = table.pack(...)}
  return co
end
local function run()
  local rounds = 0
  while #tasks > 0 do
    rounds = rounds + 1
    local alive = {}
    for i = 1, #tasks do
      local task = tasks[i]
      local ok, wants = coroutine.resume(task.co, table.unpack(task.args, 1, task.args.n))
      task.args = {n = 0}
      if not ok then trace[#trace + 1] = "failed: " .. tostring(wants) end
      if coroutine.status(task.co) ~= "dead" then alive[#alive + 1] = task end
    end
    tasks = alive
  end
  return rounds
end
local total = 0
for n = 1, 40 do
  spawn(function(from, to)
    for i = from, to do
      total = total + i
      coroutine.yield()
    end
  end, n, n + 30)
end
spawn(function() coroutine.yield() error({}) end)
spawn(function() coroutine.yield() coroutine.yield() error("third", 0) end)
print(run(), total, #trace, trace[2])

-- A producer, a filter and a consumer.
local function producer(lines)
  return coroutine.create(function()
    for i = 1, lines do coroutine.yield("line " .. i) end
    return nil
  end)
end
local function filter(from)
  return coroutine.create(function()
    local n = 1
    while true do
      local ok, line = coroutine.resume(from)
      if not line then return nil end
      coroutine.yield(string.format("%3d %s", n, line))
      n = n + 1
    end
  end)
end
local function consume(from)
  local n, last = 0, nil
  while true do
    local _, line = coroutine.resume(from)
    if not line then break end
    n, last = n + 1, line
  end
  return n, last
end
print(consume(filter(producer(250))))

-- Two that resume each other by way of a third.
local log = {}
local function player(name, other)
  return coroutine.wrap(function(ball)
    while true do
      if ball > 120 then return ball end
      if ball % 37 == 0 then log[#log + 1] = name .. ball end
      ball = coroutine.yield(ball + 1)
    end
  end)
end
local ping, pong = player("ping"), player("pong")
local ball = 0
repeat
  ball = ping(ball)
  if ball <= 120 then ball = pong(ball) end
until ball > 120
print(ball, table.concat(log, " "))
