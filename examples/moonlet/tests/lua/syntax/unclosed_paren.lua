-- traces: none (it is not compiled)
print((1 + 2)
print(3
