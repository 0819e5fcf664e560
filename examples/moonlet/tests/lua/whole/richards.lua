-- The Richards benchmark: an operating system's tasks as objects that pass packets.
local N = 1
local IDLE, WORKER, HANDLERA, HANDLERB, DEVICEA, DEVICEB = 1, 2, 3, 4, 5, 6
local DEVPKT, WORKPKT = 0, 1
local Packet = {}
Packet.__index = Packet
local function newPacket(link, id, kind)
  return setmetatable(
    { link = link, id = id, kind = kind, datum = 0, data = { 0, 0, 0, 0 } },
    Packet
  )
end
local function append(p, q)
  p.link = nil
  if q == nil then
    return p
  end
  local m = q
  while m.link ~= nil do
    m = m.link
  end
  m.link = p
  return q
end
local taskList, currentTask, currentId, taskTab, queueCount, holdCount
local Task = {}
Task.__index = Task
local function newTask(id, pri, queue, pend, wait, hold, data, fn)
  local t = setmetatable(
    {
      link = taskList,
      id = id,
      pri = pri,
      input = queue,
      pending = pend,
      waiting = wait,
      holding = hold,
      data = data,
      fn = fn,
    },
    Task
  )
  taskList = t
  taskTab[id] = t
  return t
end
function Task:held()
  return self.holding or (not self.pending and self.waiting)
end
function Task:waitTask()
  self.waiting = true
  return self
end
function Task:hold()
  holdCount = holdCount + 1
  self.holding = true
  return self.link
end
local function release(id)
  local t = taskTab[id]
  t.holding = false
  if t.pri > currentTask.pri then
    return t
  end
  return currentTask
end
function Task:queue(p)
  local t = taskTab[p.id]
  queueCount = queueCount + 1
  p.link = nil
  p.id = currentId
  return t:add(p, currentTask)
end
function Task:add(p, old)
  if self.input == nil then
    self.input = p
    self.pending = true
    if self.pri > old.pri then
      return self
    end
  else
    append(p, self.input)
  end
  return old
end
function Task:run()
  local msg
  if self.pending and self.waiting and not self.holding then
    msg = self.input
    self.input = msg.link
    self.waiting = false
    self.pending = self.input ~= nil
  end
  return self.fn(self, msg, self.data)
end
local function schedule()
  currentTask = taskList
  while currentTask ~= nil do
    if currentTask:held() then
      currentTask = currentTask.link
    else
      currentId = currentTask.id
      currentTask = currentTask:run()
    end
  end
end
local function idle(t, p, d)
  d.count = d.count - 1
  if d.count == 0 then
    return t:hold()
  end
  if d.control & 1 == 0 then
    d.control = d.control // 2
    return release(DEVICEA)
  else
    d.control = (d.control // 2) ~ 0xd008
    return release(DEVICEB)
  end
end
local function worker(t, p, d)
  if p == nil then
    return t:waitTask()
  end
  d.dest = d.dest == HANDLERA and HANDLERB or HANDLERA
  p.id = d.dest
  p.datum = 0
  for i = 1, 4 do
    d.count = d.count + 1
    if d.count > 26 then
      d.count = 1
    end
    p.data[i] = 65 + d.count - 1
  end
  return t:queue(p)
end
local function handler(t, p, d)
  if p ~= nil then
    if p.kind == WORKPKT then
      d.work = append(p, d.work)
    else
      d.dev = append(p, d.dev)
    end
  end
  local w = d.work
  if w ~= nil then
    local count = w.datum
    if count >= 4 then
      d.work = w.link
      return t:queue(w)
    end
    local dv = d.dev
    if dv ~= nil then
      d.dev = dv.link
      dv.datum = w.data[count + 1]
      w.datum = count + 1
      return t:queue(dv)
    end
  end
  return t:waitTask()
end
local function device(t, p, d)
  if p == nil then
    local f = d.pending
    if f == nil then
      return t:waitTask()
    end
    d.pending = nil
    return t:queue(f)
  end
  d.pending = p
  return t:hold()
end
local function go()
  taskList, taskTab, queueCount, holdCount = nil, {}, 0, 0
  newTask(IDLE, 0, nil, false, false, false, { control = 1, count = 300 }, idle)
  local q = newPacket(nil, WORKER, WORKPKT)
  q = newPacket(q, WORKER, WORKPKT)
  newTask(WORKER, 1000, q, true, true, false, { dest = HANDLERA, count = 0 }, worker)
  q = newPacket(nil, DEVICEA, DEVPKT)
  q = newPacket(q, DEVICEA, DEVPKT)
  q = newPacket(q, DEVICEA, DEVPKT)
  newTask(HANDLERA, 2000, q, true, true, false, {}, handler)
  q = newPacket(nil, DEVICEB, DEVPKT)
  q = newPacket(q, DEVICEB, DEVPKT)
  q = newPacket(q, DEVICEB, DEVPKT)
  newTask(HANDLERB, 3000, q, true, true, false, {}, handler)
  newTask(DEVICEA, 4000, nil, false, true, false, {}, device)
  newTask(DEVICEB, 5000, nil, false, true, false, {}, device)
  schedule()
  return queueCount, holdCount
end
for i = 1, N do
  local q, h = go()
  if i == N then
    print(q, h)
  end
end
