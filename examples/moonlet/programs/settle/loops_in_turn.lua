-- many short loops: 240 of them in turn, each of which runs for a little while in every round.
-- Made by generators/functions.lua.
local ROUNDS = tonumber((...)) or 16
local fs, list = {}, {}
for i = 1, 32 do list[i] = i * 7 % 31 end
fs[1] = function(n) local s = 1 for i = n, 1, -1 do if i % 3 == 0 then s = s + i else s = s - 1 end end return s end
fs[2] = function(n) local s = 2 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 4 end return s end
fs[3] = function(n) local s = 3 for _, v in ipairs(list) do if v > 5 then s = s + v end end return s end
fs[4] = function(n) local s = 4 repeat s = s + n n = n - 6 until n < 0 return s end
fs[5] = function(n) local s = 5 for i = 1, n do local t = { i, i + 7 } s = s + t[1] + t[2] end return s end
fs[6] = function(n) local s = 6 local text = '' for i = 1, 12 do text = text .. i % 8 end s = s + #text return s end
fs[7] = function(n) local s = 7 for i = 1, n do s = s + i % 9 end return s end
fs[8] = function(n) local s = 8 for i = n, 1, -1 do if i % 10 == 0 then s = s + i else s = s - 1 end end return s end
fs[9] = function(n) local s = 9 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 11 end return s end
fs[10] = function(n) local s = 10 for _, v in ipairs(list) do if v > 12 then s = s + v end end return s end
fs[11] = function(n) local s = 11 repeat s = s + n n = n - 13 until n < 0 return s end
fs[12] = function(n) local s = 12 for i = 1, n do local t = { i, i + 14 } s = s + t[1] + t[2] end return s end
fs[13] = function(n) local s = 13 local text = '' for i = 1, 12 do text = text .. i % 2 end s = s + #text return s end
fs[14] = function(n) local s = 14 for i = 1, n do s = s + i % 3 end return s end
fs[15] = function(n) local s = 15 for i = n, 1, -1 do if i % 4 == 0 then s = s + i else s = s - 1 end end return s end
fs[16] = function(n) local s = 16 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 5 end return s end
fs[17] = function(n) local s = 17 for _, v in ipairs(list) do if v > 6 then s = s + v end end return s end
fs[18] = function(n) local s = 18 repeat s = s + n n = n - 7 until n < 0 return s end
fs[19] = function(n) local s = 19 for i = 1, n do local t = { i, i + 8 } s = s + t[1] + t[2] end return s end
fs[20] = function(n) local s = 20 local text = '' for i = 1, 12 do text = text .. i % 9 end s = s + #text return s end
fs[21] = function(n) local s = 21 for i = 1, n do s = s + i % 10 end return s end
fs[22] = function(n) local s = 22 for i = n, 1, -1 do if i % 11 == 0 then s = s + i else s = s - 1 end end return s end
fs[23] = function(n) local s = 23 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 12 end return s end
fs[24] = function(n) local s = 24 for _, v in ipairs(list) do if v > 13 then s = s + v end end return s end
fs[25] = function(n) local s = 25 repeat s = s + n n = n - 14 until n < 0 return s end
fs[26] = function(n) local s = 26 for i = 1, n do local t = { i, i + 2 } s = s + t[1] + t[2] end return s end
fs[27] = function(n) local s = 27 local text = '' for i = 1, 12 do text = text .. i % 3 end s = s + #text return s end
fs[28] = function(n) local s = 28 for i = 1, n do s = s + i % 4 end return s end
fs[29] = function(n) local s = 29 for i = n, 1, -1 do if i % 5 == 0 then s = s + i else s = s - 1 end end return s end
fs[30] = function(n) local s = 30 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 6 end return s end
fs[31] = function(n) local s = 31 for _, v in ipairs(list) do if v > 7 then s = s + v end end return s end
fs[32] = function(n) local s = 32 repeat s = s + n n = n - 8 until n < 0 return s end
fs[33] = function(n) local s = 33 for i = 1, n do local t = { i, i + 9 } s = s + t[1] + t[2] end return s end
fs[34] = function(n) local s = 34 local text = '' for i = 1, 12 do text = text .. i % 10 end s = s + #text return s end
fs[35] = function(n) local s = 35 for i = 1, n do s = s + i % 11 end return s end
fs[36] = function(n) local s = 36 for i = n, 1, -1 do if i % 12 == 0 then s = s + i else s = s - 1 end end return s end
fs[37] = function(n) local s = 37 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 13 end return s end
fs[38] = function(n) local s = 38 for _, v in ipairs(list) do if v > 14 then s = s + v end end return s end
fs[39] = function(n) local s = 39 repeat s = s + n n = n - 2 until n < 0 return s end
fs[40] = function(n) local s = 40 for i = 1, n do local t = { i, i + 3 } s = s + t[1] + t[2] end return s end
fs[41] = function(n) local s = 41 local text = '' for i = 1, 12 do text = text .. i % 4 end s = s + #text return s end
fs[42] = function(n) local s = 42 for i = 1, n do s = s + i % 5 end return s end
fs[43] = function(n) local s = 43 for i = n, 1, -1 do if i % 6 == 0 then s = s + i else s = s - 1 end end return s end
fs[44] = function(n) local s = 44 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 7 end return s end
fs[45] = function(n) local s = 45 for _, v in ipairs(list) do if v > 8 then s = s + v end end return s end
fs[46] = function(n) local s = 46 repeat s = s + n n = n - 9 until n < 0 return s end
fs[47] = function(n) local s = 47 for i = 1, n do local t = { i, i + 10 } s = s + t[1] + t[2] end return s end
fs[48] = function(n) local s = 48 local text = '' for i = 1, 12 do text = text .. i % 11 end s = s + #text return s end
fs[49] = function(n) local s = 49 for i = 1, n do s = s + i % 12 end return s end
fs[50] = function(n) local s = 50 for i = n, 1, -1 do if i % 13 == 0 then s = s + i else s = s - 1 end end return s end
fs[51] = function(n) local s = 51 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 14 end return s end
fs[52] = function(n) local s = 52 for _, v in ipairs(list) do if v > 2 then s = s + v end end return s end
fs[53] = function(n) local s = 53 repeat s = s + n n = n - 3 until n < 0 return s end
fs[54] = function(n) local s = 54 for i = 1, n do local t = { i, i + 4 } s = s + t[1] + t[2] end return s end
fs[55] = function(n) local s = 55 local text = '' for i = 1, 12 do text = text .. i % 5 end s = s + #text return s end
fs[56] = function(n) local s = 56 for i = 1, n do s = s + i % 6 end return s end
fs[57] = function(n) local s = 57 for i = n, 1, -1 do if i % 7 == 0 then s = s + i else s = s - 1 end end return s end
fs[58] = function(n) local s = 58 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 8 end return s end
fs[59] = function(n) local s = 59 for _, v in ipairs(list) do if v > 9 then s = s + v end end return s end
fs[60] = function(n) local s = 60 repeat s = s + n n = n - 10 until n < 0 return s end
fs[61] = function(n) local s = 61 for i = 1, n do local t = { i, i + 11 } s = s + t[1] + t[2] end return s end
fs[62] = function(n) local s = 62 local text = '' for i = 1, 12 do text = text .. i % 12 end s = s + #text return s end
fs[63] = function(n) local s = 63 for i = 1, n do s = s + i % 13 end return s end
fs[64] = function(n) local s = 64 for i = n, 1, -1 do if i % 14 == 0 then s = s + i else s = s - 1 end end return s end
fs[65] = function(n) local s = 65 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 2 end return s end
fs[66] = function(n) local s = 66 for _, v in ipairs(list) do if v > 3 then s = s + v end end return s end
fs[67] = function(n) local s = 67 repeat s = s + n n = n - 4 until n < 0 return s end
fs[68] = function(n) local s = 68 for i = 1, n do local t = { i, i + 5 } s = s + t[1] + t[2] end return s end
fs[69] = function(n) local s = 69 local text = '' for i = 1, 12 do text = text .. i % 6 end s = s + #text return s end
fs[70] = function(n) local s = 70 for i = 1, n do s = s + i % 7 end return s end
fs[71] = function(n) local s = 71 for i = n, 1, -1 do if i % 8 == 0 then s = s + i else s = s - 1 end end return s end
fs[72] = function(n) local s = 72 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 9 end return s end
fs[73] = function(n) local s = 73 for _, v in ipairs(list) do if v > 10 then s = s + v end end return s end
fs[74] = function(n) local s = 74 repeat s = s + n n = n - 11 until n < 0 return s end
fs[75] = function(n) local s = 75 for i = 1, n do local t = { i, i + 12 } s = s + t[1] + t[2] end return s end
fs[76] = function(n) local s = 76 local text = '' for i = 1, 12 do text = text .. i % 13 end s = s + #text return s end
fs[77] = function(n) local s = 77 for i = 1, n do s = s + i % 14 end return s end
fs[78] = function(n) local s = 78 for i = n, 1, -1 do if i % 2 == 0 then s = s + i else s = s - 1 end end return s end
fs[79] = function(n) local s = 79 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 3 end return s end
fs[80] = function(n) local s = 80 for _, v in ipairs(list) do if v > 4 then s = s + v end end return s end
fs[81] = function(n) local s = 81 repeat s = s + n n = n - 5 until n < 0 return s end
fs[82] = function(n) local s = 82 for i = 1, n do local t = { i, i + 6 } s = s + t[1] + t[2] end return s end
fs[83] = function(n) local s = 83 local text = '' for i = 1, 12 do text = text .. i % 7 end s = s + #text return s end
fs[84] = function(n) local s = 84 for i = 1, n do s = s + i % 8 end return s end
fs[85] = function(n) local s = 85 for i = n, 1, -1 do if i % 9 == 0 then s = s + i else s = s - 1 end end return s end
fs[86] = function(n) local s = 86 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 10 end return s end
fs[87] = function(n) local s = 87 for _, v in ipairs(list) do if v > 11 then s = s + v end end return s end
fs[88] = function(n) local s = 88 repeat s = s + n n = n - 12 until n < 0 return s end
fs[89] = function(n) local s = 89 for i = 1, n do local t = { i, i + 13 } s = s + t[1] + t[2] end return s end
fs[90] = function(n) local s = 90 local text = '' for i = 1, 12 do text = text .. i % 14 end s = s + #text return s end
fs[91] = function(n) local s = 91 for i = 1, n do s = s + i % 2 end return s end
fs[92] = function(n) local s = 92 for i = n, 1, -1 do if i % 3 == 0 then s = s + i else s = s - 1 end end return s end
fs[93] = function(n) local s = 93 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 4 end return s end
fs[94] = function(n) local s = 94 for _, v in ipairs(list) do if v > 5 then s = s + v end end return s end
fs[95] = function(n) local s = 95 repeat s = s + n n = n - 6 until n < 0 return s end
fs[96] = function(n) local s = 96 for i = 1, n do local t = { i, i + 7 } s = s + t[1] + t[2] end return s end
fs[97] = function(n) local s = 97 local text = '' for i = 1, 12 do text = text .. i % 8 end s = s + #text return s end
fs[98] = function(n) local s = 98 for i = 1, n do s = s + i % 9 end return s end
fs[99] = function(n) local s = 99 for i = n, 1, -1 do if i % 10 == 0 then s = s + i else s = s - 1 end end return s end
fs[100] = function(n) local s = 100 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 11 end return s end
fs[101] = function(n) local s = 101 for _, v in ipairs(list) do if v > 12 then s = s + v end end return s end
fs[102] = function(n) local s = 102 repeat s = s + n n = n - 13 until n < 0 return s end
fs[103] = function(n) local s = 103 for i = 1, n do local t = { i, i + 14 } s = s + t[1] + t[2] end return s end
fs[104] = function(n) local s = 104 local text = '' for i = 1, 12 do text = text .. i % 2 end s = s + #text return s end
fs[105] = function(n) local s = 105 for i = 1, n do s = s + i % 3 end return s end
fs[106] = function(n) local s = 106 for i = n, 1, -1 do if i % 4 == 0 then s = s + i else s = s - 1 end end return s end
fs[107] = function(n) local s = 107 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 5 end return s end
fs[108] = function(n) local s = 108 for _, v in ipairs(list) do if v > 6 then s = s + v end end return s end
fs[109] = function(n) local s = 109 repeat s = s + n n = n - 7 until n < 0 return s end
fs[110] = function(n) local s = 110 for i = 1, n do local t = { i, i + 8 } s = s + t[1] + t[2] end return s end
fs[111] = function(n) local s = 111 local text = '' for i = 1, 12 do text = text .. i % 9 end s = s + #text return s end
fs[112] = function(n) local s = 112 for i = 1, n do s = s + i % 10 end return s end
fs[113] = function(n) local s = 113 for i = n, 1, -1 do if i % 11 == 0 then s = s + i else s = s - 1 end end return s end
fs[114] = function(n) local s = 114 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 12 end return s end
fs[115] = function(n) local s = 115 for _, v in ipairs(list) do if v > 13 then s = s + v end end return s end
fs[116] = function(n) local s = 116 repeat s = s + n n = n - 14 until n < 0 return s end
fs[117] = function(n) local s = 117 for i = 1, n do local t = { i, i + 2 } s = s + t[1] + t[2] end return s end
fs[118] = function(n) local s = 118 local text = '' for i = 1, 12 do text = text .. i % 3 end s = s + #text return s end
fs[119] = function(n) local s = 119 for i = 1, n do s = s + i % 4 end return s end
fs[120] = function(n) local s = 120 for i = n, 1, -1 do if i % 5 == 0 then s = s + i else s = s - 1 end end return s end
fs[121] = function(n) local s = 121 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 6 end return s end
fs[122] = function(n) local s = 122 for _, v in ipairs(list) do if v > 7 then s = s + v end end return s end
fs[123] = function(n) local s = 123 repeat s = s + n n = n - 8 until n < 0 return s end
fs[124] = function(n) local s = 124 for i = 1, n do local t = { i, i + 9 } s = s + t[1] + t[2] end return s end
fs[125] = function(n) local s = 125 local text = '' for i = 1, 12 do text = text .. i % 10 end s = s + #text return s end
fs[126] = function(n) local s = 126 for i = 1, n do s = s + i % 11 end return s end
fs[127] = function(n) local s = 127 for i = n, 1, -1 do if i % 12 == 0 then s = s + i else s = s - 1 end end return s end
fs[128] = function(n) local s = 128 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 13 end return s end
fs[129] = function(n) local s = 129 for _, v in ipairs(list) do if v > 14 then s = s + v end end return s end
fs[130] = function(n) local s = 130 repeat s = s + n n = n - 2 until n < 0 return s end
fs[131] = function(n) local s = 131 for i = 1, n do local t = { i, i + 3 } s = s + t[1] + t[2] end return s end
fs[132] = function(n) local s = 132 local text = '' for i = 1, 12 do text = text .. i % 4 end s = s + #text return s end
fs[133] = function(n) local s = 133 for i = 1, n do s = s + i % 5 end return s end
fs[134] = function(n) local s = 134 for i = n, 1, -1 do if i % 6 == 0 then s = s + i else s = s - 1 end end return s end
fs[135] = function(n) local s = 135 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 7 end return s end
fs[136] = function(n) local s = 136 for _, v in ipairs(list) do if v > 8 then s = s + v end end return s end
fs[137] = function(n) local s = 137 repeat s = s + n n = n - 9 until n < 0 return s end
fs[138] = function(n) local s = 138 for i = 1, n do local t = { i, i + 10 } s = s + t[1] + t[2] end return s end
fs[139] = function(n) local s = 139 local text = '' for i = 1, 12 do text = text .. i % 11 end s = s + #text return s end
fs[140] = function(n) local s = 140 for i = 1, n do s = s + i % 12 end return s end
fs[141] = function(n) local s = 141 for i = n, 1, -1 do if i % 13 == 0 then s = s + i else s = s - 1 end end return s end
fs[142] = function(n) local s = 142 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 14 end return s end
fs[143] = function(n) local s = 143 for _, v in ipairs(list) do if v > 2 then s = s + v end end return s end
fs[144] = function(n) local s = 144 repeat s = s + n n = n - 3 until n < 0 return s end
fs[145] = function(n) local s = 145 for i = 1, n do local t = { i, i + 4 } s = s + t[1] + t[2] end return s end
fs[146] = function(n) local s = 146 local text = '' for i = 1, 12 do text = text .. i % 5 end s = s + #text return s end
fs[147] = function(n) local s = 147 for i = 1, n do s = s + i % 6 end return s end
fs[148] = function(n) local s = 148 for i = n, 1, -1 do if i % 7 == 0 then s = s + i else s = s - 1 end end return s end
fs[149] = function(n) local s = 149 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 8 end return s end
fs[150] = function(n) local s = 150 for _, v in ipairs(list) do if v > 9 then s = s + v end end return s end
fs[151] = function(n) local s = 151 repeat s = s + n n = n - 10 until n < 0 return s end
fs[152] = function(n) local s = 152 for i = 1, n do local t = { i, i + 11 } s = s + t[1] + t[2] end return s end
fs[153] = function(n) local s = 153 local text = '' for i = 1, 12 do text = text .. i % 12 end s = s + #text return s end
fs[154] = function(n) local s = 154 for i = 1, n do s = s + i % 13 end return s end
fs[155] = function(n) local s = 155 for i = n, 1, -1 do if i % 14 == 0 then s = s + i else s = s - 1 end end return s end
fs[156] = function(n) local s = 156 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 2 end return s end
fs[157] = function(n) local s = 157 for _, v in ipairs(list) do if v > 3 then s = s + v end end return s end
fs[158] = function(n) local s = 158 repeat s = s + n n = n - 4 until n < 0 return s end
fs[159] = function(n) local s = 159 for i = 1, n do local t = { i, i + 5 } s = s + t[1] + t[2] end return s end
fs[160] = function(n) local s = 160 local text = '' for i = 1, 12 do text = text .. i % 6 end s = s + #text return s end
fs[161] = function(n) local s = 161 for i = 1, n do s = s + i % 7 end return s end
fs[162] = function(n) local s = 162 for i = n, 1, -1 do if i % 8 == 0 then s = s + i else s = s - 1 end end return s end
fs[163] = function(n) local s = 163 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 9 end return s end
fs[164] = function(n) local s = 164 for _, v in ipairs(list) do if v > 10 then s = s + v end end return s end
fs[165] = function(n) local s = 165 repeat s = s + n n = n - 11 until n < 0 return s end
fs[166] = function(n) local s = 166 for i = 1, n do local t = { i, i + 12 } s = s + t[1] + t[2] end return s end
fs[167] = function(n) local s = 167 local text = '' for i = 1, 12 do text = text .. i % 13 end s = s + #text return s end
fs[168] = function(n) local s = 168 for i = 1, n do s = s + i % 14 end return s end
fs[169] = function(n) local s = 169 for i = n, 1, -1 do if i % 2 == 0 then s = s + i else s = s - 1 end end return s end
fs[170] = function(n) local s = 170 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 3 end return s end
fs[171] = function(n) local s = 171 for _, v in ipairs(list) do if v > 4 then s = s + v end end return s end
fs[172] = function(n) local s = 172 repeat s = s + n n = n - 5 until n < 0 return s end
fs[173] = function(n) local s = 173 for i = 1, n do local t = { i, i + 6 } s = s + t[1] + t[2] end return s end
fs[174] = function(n) local s = 174 local text = '' for i = 1, 12 do text = text .. i % 7 end s = s + #text return s end
fs[175] = function(n) local s = 175 for i = 1, n do s = s + i % 8 end return s end
fs[176] = function(n) local s = 176 for i = n, 1, -1 do if i % 9 == 0 then s = s + i else s = s - 1 end end return s end
fs[177] = function(n) local s = 177 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 10 end return s end
fs[178] = function(n) local s = 178 for _, v in ipairs(list) do if v > 11 then s = s + v end end return s end
fs[179] = function(n) local s = 179 repeat s = s + n n = n - 12 until n < 0 return s end
fs[180] = function(n) local s = 180 for i = 1, n do local t = { i, i + 13 } s = s + t[1] + t[2] end return s end
fs[181] = function(n) local s = 181 local text = '' for i = 1, 12 do text = text .. i % 14 end s = s + #text return s end
fs[182] = function(n) local s = 182 for i = 1, n do s = s + i % 2 end return s end
fs[183] = function(n) local s = 183 for i = n, 1, -1 do if i % 3 == 0 then s = s + i else s = s - 1 end end return s end
fs[184] = function(n) local s = 184 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 4 end return s end
fs[185] = function(n) local s = 185 for _, v in ipairs(list) do if v > 5 then s = s + v end end return s end
fs[186] = function(n) local s = 186 repeat s = s + n n = n - 6 until n < 0 return s end
fs[187] = function(n) local s = 187 for i = 1, n do local t = { i, i + 7 } s = s + t[1] + t[2] end return s end
fs[188] = function(n) local s = 188 local text = '' for i = 1, 12 do text = text .. i % 8 end s = s + #text return s end
fs[189] = function(n) local s = 189 for i = 1, n do s = s + i % 9 end return s end
fs[190] = function(n) local s = 190 for i = n, 1, -1 do if i % 10 == 0 then s = s + i else s = s - 1 end end return s end
fs[191] = function(n) local s = 191 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 11 end return s end
fs[192] = function(n) local s = 192 for _, v in ipairs(list) do if v > 12 then s = s + v end end return s end
fs[193] = function(n) local s = 193 repeat s = s + n n = n - 13 until n < 0 return s end
fs[194] = function(n) local s = 194 for i = 1, n do local t = { i, i + 14 } s = s + t[1] + t[2] end return s end
fs[195] = function(n) local s = 195 local text = '' for i = 1, 12 do text = text .. i % 2 end s = s + #text return s end
fs[196] = function(n) local s = 196 for i = 1, n do s = s + i % 3 end return s end
fs[197] = function(n) local s = 197 for i = n, 1, -1 do if i % 4 == 0 then s = s + i else s = s - 1 end end return s end
fs[198] = function(n) local s = 198 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 5 end return s end
fs[199] = function(n) local s = 199 for _, v in ipairs(list) do if v > 6 then s = s + v end end return s end
fs[200] = function(n) local s = 200 repeat s = s + n n = n - 7 until n < 0 return s end
fs[201] = function(n) local s = 201 for i = 1, n do local t = { i, i + 8 } s = s + t[1] + t[2] end return s end
fs[202] = function(n) local s = 202 local text = '' for i = 1, 12 do text = text .. i % 9 end s = s + #text return s end
fs[203] = function(n) local s = 203 for i = 1, n do s = s + i % 10 end return s end
fs[204] = function(n) local s = 204 for i = n, 1, -1 do if i % 11 == 0 then s = s + i else s = s - 1 end end return s end
fs[205] = function(n) local s = 205 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 12 end return s end
fs[206] = function(n) local s = 206 for _, v in ipairs(list) do if v > 13 then s = s + v end end return s end
fs[207] = function(n) local s = 207 repeat s = s + n n = n - 14 until n < 0 return s end
fs[208] = function(n) local s = 208 for i = 1, n do local t = { i, i + 2 } s = s + t[1] + t[2] end return s end
fs[209] = function(n) local s = 209 local text = '' for i = 1, 12 do text = text .. i % 3 end s = s + #text return s end
fs[210] = function(n) local s = 210 for i = 1, n do s = s + i % 4 end return s end
fs[211] = function(n) local s = 211 for i = n, 1, -1 do if i % 5 == 0 then s = s + i else s = s - 1 end end return s end
fs[212] = function(n) local s = 212 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 6 end return s end
fs[213] = function(n) local s = 213 for _, v in ipairs(list) do if v > 7 then s = s + v end end return s end
fs[214] = function(n) local s = 214 repeat s = s + n n = n - 8 until n < 0 return s end
fs[215] = function(n) local s = 215 for i = 1, n do local t = { i, i + 9 } s = s + t[1] + t[2] end return s end
fs[216] = function(n) local s = 216 local text = '' for i = 1, 12 do text = text .. i % 10 end s = s + #text return s end
fs[217] = function(n) local s = 217 for i = 1, n do s = s + i % 11 end return s end
fs[218] = function(n) local s = 218 for i = n, 1, -1 do if i % 12 == 0 then s = s + i else s = s - 1 end end return s end
fs[219] = function(n) local s = 219 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 13 end return s end
fs[220] = function(n) local s = 220 for _, v in ipairs(list) do if v > 14 then s = s + v end end return s end
fs[221] = function(n) local s = 221 repeat s = s + n n = n - 2 until n < 0 return s end
fs[222] = function(n) local s = 222 for i = 1, n do local t = { i, i + 3 } s = s + t[1] + t[2] end return s end
fs[223] = function(n) local s = 223 local text = '' for i = 1, 12 do text = text .. i % 4 end s = s + #text return s end
fs[224] = function(n) local s = 224 for i = 1, n do s = s + i % 5 end return s end
fs[225] = function(n) local s = 225 for i = n, 1, -1 do if i % 6 == 0 then s = s + i else s = s - 1 end end return s end
fs[226] = function(n) local s = 226 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 7 end return s end
fs[227] = function(n) local s = 227 for _, v in ipairs(list) do if v > 8 then s = s + v end end return s end
fs[228] = function(n) local s = 228 repeat s = s + n n = n - 9 until n < 0 return s end
fs[229] = function(n) local s = 229 for i = 1, n do local t = { i, i + 10 } s = s + t[1] + t[2] end return s end
fs[230] = function(n) local s = 230 local text = '' for i = 1, 12 do text = text .. i % 11 end s = s + #text return s end
fs[231] = function(n) local s = 231 for i = 1, n do s = s + i % 12 end return s end
fs[232] = function(n) local s = 232 for i = n, 1, -1 do if i % 13 == 0 then s = s + i else s = s - 1 end end return s end
fs[233] = function(n) local s = 233 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 14 end return s end
fs[234] = function(n) local s = 234 for _, v in ipairs(list) do if v > 2 then s = s + v end end return s end
fs[235] = function(n) local s = 235 repeat s = s + n n = n - 3 until n < 0 return s end
fs[236] = function(n) local s = 236 for i = 1, n do local t = { i, i + 4 } s = s + t[1] + t[2] end return s end
fs[237] = function(n) local s = 237 local text = '' for i = 1, 12 do text = text .. i % 5 end s = s + #text return s end
fs[238] = function(n) local s = 238 for i = 1, n do s = s + i % 6 end return s end
fs[239] = function(n) local s = 239 for i = n, 1, -1 do if i % 7 == 0 then s = s + i else s = s - 1 end end return s end
fs[240] = function(n) local s = 240 local i = 0 while i < n do i = i + 1 s = s + list[i % 32 + 1] * 8 end return s end
local sum = 0
for r = 1, ROUNDS do
  for k = 1, #fs do sum = (sum * 31 + fs[k](30)) % 1000000007 end
end
print(sum)
