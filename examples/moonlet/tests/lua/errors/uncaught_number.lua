-- An error value that is a number. -- traces: none (it ends with its first error)
print("before")
error(42)
