-- An error value that is a number.
print("before")
error(42)
