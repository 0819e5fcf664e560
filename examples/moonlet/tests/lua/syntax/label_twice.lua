-- traces: none (it is not compiled)
::a::
print(1)
::a::
