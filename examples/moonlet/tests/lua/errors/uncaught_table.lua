-- An error value that is no string.
print("before")
error({code = 1})
