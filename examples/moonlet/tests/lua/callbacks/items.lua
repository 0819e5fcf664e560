-- Functions of table on tables with metamethods for items.
local function proxy(store, log)
  return setmetatable({}, {
    __index = function(_, k) log[#log + 1] = "r" .. k return store[k] end,
    __newindex = function(_, k, v) log[#log + 1] = "w" .. k .. "=" .. tostring(v) store[k] = v end,
  })
end
local function try(f, ...)
  local log = {}
  local store = { "a", "b", "c" }
  local p = proxy(store, log)
  print(pcall(f, p, ...))
  for i = 1, 5 do store[i] = tostring(store[i]) end
  print(table.concat(log, " "), table.concat(store, ","))
end
try(table.unpack, 1, 3)
try(table.concat, "-", 1, 3)
try(table.insert, "x")
try(function(p) return table.unpack(table.move(p, 1, 3, 2), 1, 4) end)
try(function(p) return table.unpack(table.move(p, 2, 3, 1), 1, 3) end)
try(function(p) return #table.move(p, 1, 3, 1, {}) end)
try(function(p) return #table.move({ 1, 2 }, 1, 2, 1, p) end)
try(table.remove)
try(table.remove, 1)
try(table.concat, ",", 1, 4)
-- Plain tables.
print(table.unpack(table.move({ 1, 2, 3, 4, 5 }, 2, 5, 1)))
print(table.unpack(table.move({ 1, 2, 3 }, 1, 3, 3), 1, 6))
print(table.unpack(table.move({ 1, 2, 3 }, 1, 0, 9)))
print(table.unpack(table.move({ 1, 2, 3 }, 2, 3, 1, { 9, 9, 9, 9 })))
print(pcall(table.move, { 1 }, -1, math.maxinteger, 2))
print(pcall(table.move, { 1 }, 0, math.maxinteger, 2))
print(pcall(table.move, { 1 }, 1, math.maxinteger, 2))
print(pcall(table.move, { 1 }, 1, 3, math.maxinteger))
print(pcall(table.move, { 1 }, 1, 2))
print(pcall(table.move, 1, 1, 2, 3))
print(pcall(table.move, {}, 1, 2, 3, 4))
print(pcall(table.move, "abc", 1, 2, 3))
print(pcall(table.insert, { 1, 2 }, 4, "x"))
print(pcall(table.insert, { 1, 2 }, 0, "x"))
print(pcall(table.insert, { 1, 2 }, 1.5, "x"))
print(pcall(table.insert, { 1, 2 }))
print(pcall(table.insert, { 1, 2 }, 1, 2, 3))
print(pcall(table.insert, 1, 2))
print(pcall(table.insert, nil, 2))
print(pcall(table.remove, { 1, 2 }, 4))
print(pcall(table.remove, { 1, 2 }, 3))
print(pcall(table.remove, {}, 0))
print(pcall(table.remove, {}, 1))
print(pcall(table.remove, "x"))
print(pcall(table.concat, { 1, {}, 3 }))
print(pcall(table.concat, { 1, 2 }, {}))
print(pcall(table.concat, { 1, 2 }, ",", 1, 3))
print(pcall(table.unpack, {}, 1, 1e8))
print(pcall(table.unpack))
print(pcall(table.unpack, 1))
print(select("#", table.unpack({}, 1, 3)))
-- An object of a class is a list, too.
local List = {}
List.__index = List
function List:push(x) table.insert(self, x) return self end
local list = setmetatable({}, List):push(1):push(2):push(3)
print(#list, table.concat(list, "+"), table.remove(list), table.unpack(list))
