-- simulation of a system: tasks of several classes with queues and states, each step another task's method at the same site.
local ROUNDS = tonumber((...)) or 60

local Task = {}
Task.__index = Task
function Task.new(class, id, priority) return setmetatable({ id = id, priority = priority, queue = nil, waits = false, holds = false, count = 0 }, class) end
function Task:receive(packet)
  packet.next = nil
  if not self.queue then
    self.queue = packet
  else
    local p = self.queue
    while p.next do p = p.next end
    p.next = packet
  end
  self.waits = false
end
function Task:take()
  local p = self.queue
  if p then self.queue = p.next end
  return p
end
local function class() local c = setmetatable({}, Task) c.__index = c return c end
local Idle, Worker, Device, Handler = class(), class(), class(), class()

local tasks, sent
local function send(packet, to) sent = sent + 1 tasks[to]:receive(packet) end
function Idle:run()
  self.count = self.count + 1
  self.seed = (self.seed or 1)
  if self.seed & 1 == 0 then self.seed = self.seed >> 1 tasks[5].holds = false
  else self.seed = (self.seed >> 1) ~ 0xD008 tasks[6].holds = false end
  if self.count > 60 then self.holds = true end
end
function Worker:run()
  local p = self:take()
  if not p then self.waits = true return end
  for i = 1, #p.data do
    self.count = self.count + 1
    if self.count > 26 then self.count = 1 end
    p.data[i] = self.count + 64
  end
  self.turn = not self.turn
  send(p, self.turn and 3 or 4)
end
function Handler:run()
  local p = self:take()
  if not p then self.waits = true return end
  if p.kind == "work" then
    self.count = self.count + p.data[1]
    p.kind = "device"
    send(p, self.id == 3 and 5 or 6)
  else
    p.kind = "work"
    send(p, 2)
  end
end
function Device:run()
  if self.holding then
    local p = self.holding
    self.holding = nil
    send(p, self.id == 5 and 3 or 4)
    return
  end
  local p = self:take()
  if not p then self.waits = true return end
  self.holding = p
  self.count = self.count + 1
  self.holds = true
end

local function round(r)
  sent = 0
  tasks = { Task.new(Idle, 1, 0), Task.new(Worker, 2, 10), Task.new(Handler, 3, 20), Task.new(Handler, 4, 21),
    Task.new(Device, 5, 30), Task.new(Device, 6, 31) }
  for k = 1, 3 + r % 3 do tasks[2]:receive({ kind = "work", data = { k, 0, 0, 0 } }) end
  local steps = 0
  while steps < 400 and not tasks[1].holds do
    local best
    for i = 1, #tasks do
      local t = tasks[i]
      if not t.holds and not (t.waits and not t.queue) and (not best or t.priority > best.priority) then best = t end
    end
    best:run()
    steps = steps + 1
  end
  return sent * 100 + steps
end
local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round(r)) % 1000000007 end
print(sum)
