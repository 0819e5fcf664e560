-- traces: none (it is not compiled)
if 1 == 1
  print("x")
end
