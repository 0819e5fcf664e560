-- An error value that is no string. -- traces: none (it ends with its first error)
print("before")
error({code = 1})
