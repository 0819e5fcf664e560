local name = os.tmpname()
local out = {}
local function say(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]):gsub("0x%x+", "0x") end out[#out + 1] = table.concat(t, " ") end
local h = assert(io.open(name, "w"))
say(io.type(h), io.type(1), tostring(h):match("^file %(0x"))
for i = 1, 300 do h:write(i, " ", i / 4, "\n") end
say(h:seek("cur"), h:seek("set", 10), h:write("77"), h:seek("end"))
say(h:close(), io.type(h), tostring(h), pcall(h.write, h, "x"))
local n, s = 0, 0
for a, b in io.lines(name, "n", "n") do n = n + 1 s = s + a + b if n > 280 then break end end
say(n, s)
local lines = 0
for l in io.lines(name) do lines = lines + #l end
say(lines)
h = io.open(name)
say(h:read("l", "L", 3, "n", "a"):len())
say(h:read("a"), h:read("l"), h:read(0))
h:seek("set")
local sum = 0
while true do local l = h:read() if not l then break end sum = sum + #l end
say(sum, h:read("a"), h:close())
say(pcall(io.lines, name .. ".none"))
say(io.open(name .. ".none"))
say(pcall(h.read, h))
say(os.rename(name, name .. "2"), os.remove(name), os.remove(name .. "2"))
h = io.tmpfile() h:write("abc\ndef") h:seek("set") say(h:read("L"), h:read("L"), h:read("L")) h:close()
local p = io.popen("echo hi; exit 3") say(p:read("a"), p:close())
say(pcall(io.open, name, "zz"))
for i, l in ipairs(out) do print(i, (l:gsub("/tmp/lua_%w+", "NAME"))) end
