if 1 == 1
  print("x")
end
