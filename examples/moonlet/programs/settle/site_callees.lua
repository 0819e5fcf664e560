-- many at one site: an event queue that calls 150 different functions through one call.
local ROUNDS = tonumber((...)) or 160

local state = { 1, 2, 3, 4, 5 }
local handlers = {}
handlers[1] = function(k) return function(x) state[2] = state[2] + x return k + 0 end end
handlers[2] = function(k) return function(x) state[4] = state[4] - state[4] + k return k + 1 end end
handlers[3] = function(k) return function(x) if state[1] > x then state[1] = x else state[1] = k end return k + 2 end end
handlers[4] = function(k) return function(x) for i = 1, 3 do state[4] = state[4] + i end return k + 3 end end
handlers[5] = function(k) return function(x) state[1], state[2] = state[2], state[1] % 1009 return k + 4 end end
handlers[6] = function(k) return function(x) return state[3] % 7 + k end end
handlers[7] = function(k) return function(x) state[3] = state[3] + x return k + 6 end end
handlers[8] = function(k) return function(x) state[3] = state[3] - state[3] + k return k + 7 end end
handlers[9] = function(k) return function(x) if state[2] > x then state[2] = x else state[3] = k end return k + 8 end end
handlers[10] = function(k) return function(x) for i = 1, 3 do state[3] = state[3] + i end return k + 9 end end
handlers[11] = function(k) return function(x) state[4], state[5] = state[5], state[4] % 1009 return k + 10 end end
handlers[12] = function(k) return function(x) return state[2] % 7 + k end end
handlers[13] = function(k) return function(x) state[3] = state[3] + x return k + 12 end end
handlers[14] = function(k) return function(x) state[1] = state[3] - state[1] + k return k + 13 end end
handlers[15] = function(k) return function(x) if state[5] > x then state[5] = x else state[2] = k end return k + 14 end end
handlers[16] = function(k) return function(x) for i = 1, 3 do state[4] = state[4] + i end return k + 15 end end
handlers[17] = function(k) return function(x) state[4], state[4] = state[4], state[4] % 1009 return k + 16 end end
handlers[18] = function(k) return function(x) return state[2] % 7 + k end end
handlers[19] = function(k) return function(x) state[1] = state[1] + x return k + 18 end end
handlers[20] = function(k) return function(x) state[4] = state[3] - state[4] + k return k + 19 end end
handlers[21] = function(k) return function(x) if state[3] > x then state[3] = x else state[2] = k end return k + 20 end end
handlers[22] = function(k) return function(x) for i = 1, 2 do state[1] = state[1] + i end return k + 21 end end
handlers[23] = function(k) return function(x) state[4], state[3] = state[3], state[4] % 1009 return k + 22 end end
handlers[24] = function(k) return function(x) return state[3] % 7 + k end end
handlers[25] = function(k) return function(x) state[5] = state[5] + x return k + 24 end end
handlers[26] = function(k) return function(x) state[1] = state[1] - state[1] + k return k + 25 end end
handlers[27] = function(k) return function(x) if state[3] > x then state[3] = x else state[5] = k end return k + 26 end end
handlers[28] = function(k) return function(x) for i = 1, 2 do state[1] = state[1] + i end return k + 27 end end
handlers[29] = function(k) return function(x) state[3], state[4] = state[4], state[3] % 1009 return k + 28 end end
handlers[30] = function(k) return function(x) return state[1] % 7 + k end end

local events = {}
for k = 1, 150 do events[k] = handlers[(k - 1) % 30 + 1](k) end

local sum = 0
for r = 1, ROUNDS do
  local at = r
  for k = 1, 150 do
    at = (at * 17 + 5) % 150
    sum = sum + events[at + 1](k)
  end
  for i = 1, 5 do state[i] = state[i] % 10007 end
  sum = (sum + state[1] + state[5]) % 1000000007
end
print(sum)
