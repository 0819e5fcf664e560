-- many short loops: a hundred kernels of which every round runs another quarter, so the working set goes round and round.
local ROUNDS = tonumber((...)) or 120

local data = {}
for i = 1, 64 do data[i] = i * 37 % 101 end
local kernels = {}
kernels[1] = function(s) for i = 1, 64 do s = s + data[i] * 2 end return s end
kernels[2] = function(s) for i = 1, 64 do if data[i] > 3 then s = s + data[i] end end return s end
kernels[3] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 4 end return s end
kernels[4] = function(s) for i = 1, 64 do if data[i] % 5 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[5] = function(s) for i = 64, 1, -1 do s = s + data[i] * 6 end return s end
kernels[6] = function(s) for i = 64, 1, -1 do if data[i] > 7 then s = s + data[i] end end return s end
kernels[7] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 8 end return s end
kernels[8] = function(s) for i = 64, 1, -1 do if data[i] % 9 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[9] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 10 i = i + 2 end return s end
kernels[10] = function(s) local i = 1 while i <= 64 do if data[i] > 11 then s = s + data[i] end i = i + 2 end return s end
kernels[11] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 12 i = i + 2 end return s end
kernels[12] = function(s) local i = 1 while i <= 64 do if data[i] % 13 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[13] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 14 end end return s end
kernels[14] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 15 then s = s + data[i] end end end return s end
kernels[15] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 16 end end return s end
kernels[16] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 17 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[17] = function(s) for i = 1, 64 do s = s + data[i] * 18 end return s end
kernels[18] = function(s) for i = 1, 64 do if data[i] > 19 then s = s + data[i] end end return s end
kernels[19] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 20 end return s end
kernels[20] = function(s) for i = 1, 64 do if data[i] % 21 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[21] = function(s) for i = 64, 1, -1 do s = s + data[i] * 22 end return s end
kernels[22] = function(s) for i = 64, 1, -1 do if data[i] > 23 then s = s + data[i] end end return s end
kernels[23] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 24 end return s end
kernels[24] = function(s) for i = 64, 1, -1 do if data[i] % 25 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[25] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 26 i = i + 2 end return s end
kernels[26] = function(s) local i = 1 while i <= 64 do if data[i] > 27 then s = s + data[i] end i = i + 2 end return s end
kernels[27] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 28 i = i + 2 end return s end
kernels[28] = function(s) local i = 1 while i <= 64 do if data[i] % 29 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[29] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 30 end end return s end
kernels[30] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 2 then s = s + data[i] end end end return s end
kernels[31] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 3 end end return s end
kernels[32] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 4 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[33] = function(s) for i = 1, 64 do s = s + data[i] * 5 end return s end
kernels[34] = function(s) for i = 1, 64 do if data[i] > 6 then s = s + data[i] end end return s end
kernels[35] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 7 end return s end
kernels[36] = function(s) for i = 1, 64 do if data[i] % 8 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[37] = function(s) for i = 64, 1, -1 do s = s + data[i] * 9 end return s end
kernels[38] = function(s) for i = 64, 1, -1 do if data[i] > 10 then s = s + data[i] end end return s end
kernels[39] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 11 end return s end
kernels[40] = function(s) for i = 64, 1, -1 do if data[i] % 12 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[41] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 13 i = i + 2 end return s end
kernels[42] = function(s) local i = 1 while i <= 64 do if data[i] > 14 then s = s + data[i] end i = i + 2 end return s end
kernels[43] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 15 i = i + 2 end return s end
kernels[44] = function(s) local i = 1 while i <= 64 do if data[i] % 16 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[45] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 17 end end return s end
kernels[46] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 18 then s = s + data[i] end end end return s end
kernels[47] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 19 end end return s end
kernels[48] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 20 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[49] = function(s) for i = 1, 64 do s = s + data[i] * 21 end return s end
kernels[50] = function(s) for i = 1, 64 do if data[i] > 22 then s = s + data[i] end end return s end
kernels[51] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 23 end return s end
kernels[52] = function(s) for i = 1, 64 do if data[i] % 24 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[53] = function(s) for i = 64, 1, -1 do s = s + data[i] * 25 end return s end
kernels[54] = function(s) for i = 64, 1, -1 do if data[i] > 26 then s = s + data[i] end end return s end
kernels[55] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 27 end return s end
kernels[56] = function(s) for i = 64, 1, -1 do if data[i] % 28 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[57] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 29 i = i + 2 end return s end
kernels[58] = function(s) local i = 1 while i <= 64 do if data[i] > 30 then s = s + data[i] end i = i + 2 end return s end
kernels[59] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 2 i = i + 2 end return s end
kernels[60] = function(s) local i = 1 while i <= 64 do if data[i] % 3 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[61] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 4 end end return s end
kernels[62] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 5 then s = s + data[i] end end end return s end
kernels[63] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 6 end end return s end
kernels[64] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 7 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[65] = function(s) for i = 1, 64 do s = s + data[i] * 8 end return s end
kernels[66] = function(s) for i = 1, 64 do if data[i] > 9 then s = s + data[i] end end return s end
kernels[67] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 10 end return s end
kernels[68] = function(s) for i = 1, 64 do if data[i] % 11 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[69] = function(s) for i = 64, 1, -1 do s = s + data[i] * 12 end return s end
kernels[70] = function(s) for i = 64, 1, -1 do if data[i] > 13 then s = s + data[i] end end return s end
kernels[71] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 14 end return s end
kernels[72] = function(s) for i = 64, 1, -1 do if data[i] % 15 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[73] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 16 i = i + 2 end return s end
kernels[74] = function(s) local i = 1 while i <= 64 do if data[i] > 17 then s = s + data[i] end i = i + 2 end return s end
kernels[75] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 18 i = i + 2 end return s end
kernels[76] = function(s) local i = 1 while i <= 64 do if data[i] % 19 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[77] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 20 end end return s end
kernels[78] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 21 then s = s + data[i] end end end return s end
kernels[79] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 22 end end return s end
kernels[80] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 23 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[81] = function(s) for i = 1, 64 do s = s + data[i] * 24 end return s end
kernels[82] = function(s) for i = 1, 64 do if data[i] > 25 then s = s + data[i] end end return s end
kernels[83] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 26 end return s end
kernels[84] = function(s) for i = 1, 64 do if data[i] % 27 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[85] = function(s) for i = 64, 1, -1 do s = s + data[i] * 28 end return s end
kernels[86] = function(s) for i = 64, 1, -1 do if data[i] > 29 then s = s + data[i] end end return s end
kernels[87] = function(s) for i = 64, 1, -1 do s = (s ~ data[i]) + 30 end return s end
kernels[88] = function(s) for i = 64, 1, -1 do if data[i] % 2 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
kernels[89] = function(s) local i = 1 while i <= 64 do s = s + data[i] * 3 i = i + 2 end return s end
kernels[90] = function(s) local i = 1 while i <= 64 do if data[i] > 4 then s = s + data[i] end i = i + 2 end return s end
kernels[91] = function(s) local i = 1 while i <= 64 do s = (s ~ data[i]) + 5 i = i + 2 end return s end
kernels[92] = function(s) local i = 1 while i <= 64 do if data[i] % 6 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end i = i + 2 end return s end
kernels[93] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = s + data[i] * 7 end end return s end
kernels[94] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] > 8 then s = s + data[i] end end end return s end
kernels[95] = function(s) for j = 1, 8 do for i = j, 64, 16 do s = (s ~ data[i]) + 9 end end return s end
kernels[96] = function(s) for j = 1, 8 do for i = j, 64, 16 do if data[i] % 10 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end end return s end
kernels[97] = function(s) for i = 1, 64 do s = s + data[i] * 11 end return s end
kernels[98] = function(s) for i = 1, 64 do if data[i] > 12 then s = s + data[i] end end return s end
kernels[99] = function(s) for i = 1, 64 do s = (s ~ data[i]) + 13 end return s end
kernels[100] = function(s) for i = 1, 64 do if data[i] % 14 == 0 then s = s + 1 elseif data[i] > 50 then s = s - 1 end end return s end
local sum = 0
for r = 1, ROUNDS do
  local from = r * 25 % 100
  for k = from + 1, from + 25 do sum = kernels[k](sum) % 1000000007 end
end
print(sum)
