-- traces: none (it is not compiled)
for i = 1, 3 do
  goto nowhere
end
