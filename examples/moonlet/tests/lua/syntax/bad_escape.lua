local s = "a \q b"
