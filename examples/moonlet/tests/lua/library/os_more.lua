-- os: dates in UTC and in the time zone, processes, files' names.
local function try(f, ...) print(pcall(f, ...)) end
for _, time in ipairs { 0, 1, 86399, 86400, 951782400, 1709164800, 1e9, 2147483647, 2147483648, -86400, -2208988800, 253402300799, 12345678901 } do
  time = math.tointeger(time)
  print(time, os.date("!%Y-%m-%d %H:%M:%S %a %A %b %B %p %j %U %W %V %G %g %u %w %y %C %e %D %F %T %R %r %h %I %c %x %X %%", time))
  print(os.date("!%Ec %EC %Ex %EX %Ey %EY %Od %Oe %OH %OI %Om %OM %OS %Ou %OU %OV %Ow %OW %Oy", time))
  local t = os.date("!*t", time)
  print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.yday, t.wday, t.isdst)
  local l = os.date("*t", time)
  print(os.time(l) == time, os.time { year = l.year, month = l.month, day = l.day, hour = l.hour, min = l.min, sec = l.sec } == time)
end
local t = { year = 2020, month = 14, day = -3, hour = 30, min = -61, sec = 3600 }
os.time(t)
print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.yday, t.wday, t.isdst)
print(os.time { year = 2021, month = 1, day = 1 } - os.time { year = 2020, month = 1, day = 1 }, os.time { year = "2021", month = 1.0, day = 1 } == os.time { year = 2021, month = 1, day = 1, hour = 12 })
try(os.time, { year = 2020 }) try(os.time, { year = 2020, month = "x", day = 1 }) try(os.time, { year = 1e10, month = 1, day = 1 }) try(os.time, { year = 2020.5, month = 1, day = 1 }) try(os.time, 1) try(os.time, {}) try(os.time, { year = 2020, month = 1, day = 1 << 40 }) try(os.time, { year = 2020, month = 1, day = 1, hour = {} })
try(os.date, "%Ez") try(os.date, "%") try(os.date, "%Q") try(os.date, "%O") try(os.date, "%5Y") try(os.date, "*t", 1e100) try(os.date, "!%H", 1 << 60) try(os.date, "!%H", 1.5) try(os.date, {}) try(os.date, "!", 0) try(os.date, "", 0) try(os.date, "!a\0b%%", 0)
print(type(os.date()), #os.date("%c"), type(os.time()), math.type(os.time()), type(os.clock()))
try(os.difftime, 5, 2) try(os.difftime, 2, 5) try(os.difftime, 5) try(os.difftime) try(os.difftime, 1.5, 1)
try(os.setlocale) try(os.setlocale, "C") try(os.setlocale, "POSIX") try(os.setlocale, "xx_YY") try(os.setlocale, nil, "bad") try(os.setlocale, "C", "numeric") try(os.setlocale, nil, "all") try(os.setlocale, {})
try(os.execute) try(os.execute, "exit 3") try(os.execute, "kill -9 $$") try(os.execute, "true") try(os.execute, {})
try(os.getenv, "OFFRAMP_NO_SUCH_VARIABLE") try(os.getenv) print(type(os.getenv("PATH")))
try(os.remove, "/nonexistent/a") try(os.rename, "/nonexistent/a", "/nonexistent/b") try(os.remove) try(os.rename, "x")
local name = os.tmpname()
print(name:match("^/tmp/lua_%w%w%w%w%w%w$") == name, io.open(name):read("a") == "")
print(os.rename(name, name .. ".moved"), io.open(name) == nil, os.remove(name .. ".moved"))
print((select(2, os.remove(name)):gsub("%w+:", ":")), select(3, os.remove(name)))
print("the end")
os.exit(true, true)
