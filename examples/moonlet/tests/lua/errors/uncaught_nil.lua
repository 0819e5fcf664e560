-- An error without a value. -- traces: none (it ends with its first error)
print("before")
error()
