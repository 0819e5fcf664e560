-- The line of an index is that of what is read before it runs: a comma, a parenthesis, `then`. -- traces: none (every function in it ends with an error)
local t, n = {}, nil
print(pcall(function()
  if t.z.y
  then
  end
end))
print(pcall(function()
  if
  t
  .z
  .y

  then
  end
end))
print(pcall(function()
  if t.z.y

  then break_ = 1
  end
end))
print(pcall(function()
  while true do
  if t.z.y

  then break
  end end
end))
print(pcall(function()
  while t.z.y

  do break
  end
end))
print(pcall(function()
  repeat
  until t.z.y

  ;
end))
print(pcall(function()
  if (t.z.y

  )

  then
  end
end))
print(pcall(function()
  if t.x then
  elseif t.z.y

  then goto e
  end ::e::
end))
print(pcall(function()
  local a = t.z.y

  ; local b
end))
print(pcall(function()
  return t.z.y

  ;
end))
print(pcall(function()
  return 1, t.z.y

  ;
end))
print(pcall(function()
  local a, b = t.z.y

  , 1
end))
print(pcall(function()
  print(t.z.y

  , 1)
end))
print(pcall(function()
  print({t.z.y

  })
end))
print(pcall(function()
  print({a = t.z.y

  })
end))
print(pcall(function()
  print({[t.z.y

  ] = 1})
end))
print(pcall(function()
  print(t[t.z.y

  ])
end))
print(pcall(function()
  t.a = t.z.y

  t = nil
end))
print(pcall(function()
  for i = t.z.y

  , 2 do end
end))
print(pcall(function()
  for i = 1, t.z.y

  do end
end))
print(pcall(function()
  for i in t.z.y

  do end
end))
print(pcall(function()
  local a = (t.z.y

  )
end))
print(pcall(function()
  local a = t.z.y

  or 1
end))
print(pcall(function()
  local a = t.z.y

  + 1
end))
print(pcall(function()
  local a = 1 + t.z.y

  + 2
end))
print(pcall(function()
  local a = not t.z.y

  local b
end))
print(pcall(function()
  local a = "x" .. t.z.y

  .. "z"
end))
print(pcall(function()
  print(t.z.y

  )
end))
print(pcall(function()
  t.z.y

  ()
end))
print(pcall(function()
  t.z.y

  "x"
end))
print(pcall(function()
  t.z.y

  = 5
end))
print(pcall(function()
  t.z.y

  , t.a = 5
end))
print(pcall(function()
  local a = (t.z.y

  )
  + 1
end))
print(pcall(function()
  local a = (t.z.y

  )
  .x
end))
print(pcall(function()
  return 1 + (t.z.y
  )
  + (1)
end))
print(pcall(function()
  local a = t.q or (t.z.y
  )
  or 1
end))
print(pcall(function()
  if not (t.z.y
  )
  then end
end))
print(pcall(function()
  if not t.z.y

  then end
end))
print(pcall(function()
  if t.x or t.z.y

  then end
end))
