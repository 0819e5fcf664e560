local s = "a \300 b"
