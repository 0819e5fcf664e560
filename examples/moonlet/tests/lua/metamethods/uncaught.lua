-- traces: none (it ends at once)
print('before')
error(setmetatable({}, {__tostring = function(self) return 'shown by its metamethod' end}))
