-- package and require; modules are written to files of the system's folder for such.
print(package.config)
print(package.loaded._G == _G, package.loaded.string == string, package.loaded.package == package)
print(type(package.path), type(package.cpath), #package.searchers)
package.path, package.cpath = "./nowhere/?.lua;./nowhere/?/init.lua", "./nowhere/?.so"
print(pcall(require, "no.such"))
print(select(2, pcall(function() require("nosuch") end)))
package.preload.mine = function(...) print("loading", ...) return {value = 5} end
local mine, where = require("mine")
print(mine.value, where, require("mine") == mine, package.loaded.mine == mine)
print(select("#", require("mine")))
package.preload.empty = function() end
print(require("empty"), package.loaded.empty)
package.preload.sets = function(name) package.loaded[name] = "set" end
print(require("sets"))
package.preload.no = function() return false end
print(require("no"), require("no"))
package.preload.bad = function() error("boo") end
print(pcall(require, "bad"))
package.preload.thrown = function() error({}) end
print(type(select(2, pcall(require, "thrown"))))
print(pcall(require))
print(pcall(require, {}))
-- Recursion.
package.preload.a = function() return {b = require("b")} end
package.preload.b = function() return {a = package.loaded.a} end
print(require("a").b.a)
local depth = 0
package.preload.self = function() depth = depth + 1; if depth < 5 then require("self") end return depth end
print(require("self"), depth)
-- Files.
local name = os.tmpname()
local function write(text) local f = assert(io.open(name, "w")) f:write(text) f:close() end
local folder, file = name:match("^(.*)/([^/]*)$")
package.path = folder .. "/?"
write("#!shebang line\nlocal name, path = ...\nreturn {name = name, same = path == PATH, line = select(2, pcall(error, 'x', 2)):gsub(path, 'FILE')}")
PATH = name
local m, path = require(file)
print(m.name == file, m.same, m.line, path == name)
package.loaded[file] = nil
write("return +")
local ok, message = pcall(require, file)
print(ok, (message:gsub(name, "FILE"):gsub(file, "NAME")))
write("error('in module')")
ok, message = pcall(require, file)
print(ok, (message:gsub(name, "FILE")))
write("\n\nlocal x = nil + 1")
ok, message = pcall(dofile, name)
print(ok, (message:gsub(name, "FILE")))
write("return ..., 1, 2, 3")
print(dofile(name))
print(loadfile(name)(7))
write("return x")
x = "global"
print(loadfile(name)(), loadfile(name, "t", {x = "mine"})())
print((select(2, loadfile(name, "b")):gsub(name, "FILE")))
write("")
print(loadfile(name) ~= nil, select("#", dofile(name)))
write("# only a comment")
print(loadfile(name) ~= nil)
write("\xEF\xBB\xBF#x\nreturn 1, debug ~= nil")
print(loadfile(name)())
write("#x\n\nerror('line 3')")
print((select(2, pcall(dofile, name)):gsub(name, "FILE")))
os.remove(name)
print((select(2, loadfile(name)):gsub(name, "FILE")))
print((select(2, pcall(dofile, name)):gsub(name, "FILE")))
-- searchpath, searchers.
print(package.searchpath("a.b", "./?.lua;?/x"))
print(package.searchpath("a-b", "?;!?", "-", "+"))
print(package.searchpath("a.b", "?", ""))
print(pcall(package.searchpath, "a"))
for i, searcher in ipairs(package.searchers) do print(i, pcall(searcher, "q.w")) end
table.insert(package.searchers, 1, function(n) if n == "magic" then return function(...) return {...} end, "extra" end return "no magic" end)
print(table.unpack((require("magic"))))
print(select(2, require("magic")))
print(pcall(require, "other"))
package.searchers = {function() return nil end, function() return 5 end}
print(pcall(require, "other"))
package.searchers = nil
print(pcall(require, "other"))
package.searchers = {package.searchers}
package.path = nil
print(pcall(require, "other"))
