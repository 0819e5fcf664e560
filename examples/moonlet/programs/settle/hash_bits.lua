-- hash function: eight unpredictable branches per byte, written out, in three functions that are called in turn.
local ROUNDS = tonumber((...)) or 900

local function reflected(crc, byte)
  crc = crc ~ byte
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  if crc & 1 ~= 0 then crc = (crc >> 1) ~ 0xEDB88320 else crc = crc >> 1 end
  return crc
end

local function forward(crc, byte)
  crc = crc ~ (byte << 8)
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  if crc & 0x8000 ~= 0 then crc = (crc << 1) ~ 0x11021 else crc = crc << 1 end
  return crc & 0xffff
end

local function weighed(sum, byte)
  if byte & 1 ~= 0 then sum = sum + 3 else sum = sum * 3 end
  if byte & 2 ~= 0 then sum = sum ~ 0x55 end
  if byte & 4 ~= 0 then sum = sum + (sum >> 3) end
  if byte & 8 ~= 0 then sum = sum ~ (sum << 5) end
  if byte & 16 ~= 0 then sum = sum - byte elseif byte & 32 ~= 0 then sum = sum + 77 end
  if byte & 64 ~= 0 then sum = sum ~ (sum >> 7) else sum = sum + 1 end
  return sum & 0xffffffff
end

local seed = 99
local function round(r)
  local a, b, c = 0xffffffff, 0, r
  for i = 1, 40 do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    local byte = (seed >> 12) & 255
    a = reflected(a, byte)
    b = forward(b, byte)
    c = weighed(c, byte)
  end
  return a ~ (b << 16) ~ c
end

local sum = 0
for r = 1, ROUNDS do sum = (sum * 31 + round(r)) % 1000000007 end
print(sum)
