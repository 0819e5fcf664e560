-- An error without a value.
print("before")
error()
