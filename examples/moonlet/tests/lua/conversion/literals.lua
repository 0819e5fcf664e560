-- Numerals in all their forms.
for round = 1, 3 do
  print(0, 00, 7, 0x7, 0xff, 0XFF, 0xA, 0xffffffffffffffff, 0x7fffffffffffffff)
  print(1., .5, 1.5, 1e3, 1E3, 1e+3, 1e-3, .5e1, 5.e1)
  print(0x1p4, 0x.8, 0x1.8p1, 0xAp-1, 0x1P+2)
  print(9223372036854775807, 9223372036854775808, 1e1000)
  print(3e0, 314.16e-2, 0.31416E1, 34e1, 0x0.1E, 0xA23p-4, 0X1.921FB54442D18P+1)
  print(1--[[comment]]+1, 2 --comment
  + 3)
  --[==[ a long comment
  with ]] inside
  ]==]
  print(0xffffffffffffffffff, 0x123456789abcdef0123)
end
