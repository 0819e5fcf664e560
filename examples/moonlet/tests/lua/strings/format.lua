-- The directives of string.format.
local f = string.format
print(f("%d %5d|%-5d|%05d %+d % d", 42, 42, 42, 42, 42, 42))
print(f("%i %d %d", 3, 3.0, -0))
print(f("%x %X %#x %o %08x", 255, 255, 255, 8, 48879), f("%x", -1))
print(f("%s %10s|%-10s|%.2s", "abc", "abc", "abc", "abc"), f("%s %s %s", nil, true, 1.5))
print(f("%f %.2f %10.3f|%-10.1f|%+.0f %.0f", 3.14159, 3.14159, 3.14159, 3.14159, 2.5, 3.5))
print(f("%e %.3e %E", 12345.678, 12345.678, 0.00012))
print(f("%g %g %g %g %.3g %g", 1e20, 0.1, 100000, 1000000, 1234.5, 1e-5))
print(f("%c%c%c", 76, 117, 97), f("%%"), f("%5.1f|%5s|%-5s|", 1.25, "x", "y"))
print(f("%.14g %.17g %.3f", 0.1, 0.1, 2 / 3), f("%g %f %.1f", 1 / 0, -1 / 0, 1 / 0))
print(f("%.20f", 0.1), f("%.0f", 1e15), f("%.3f", 1e15))
print(f("%d", "10"), f("%s", "a\0b") == "a\0b", f("plain"))
local n = 0
for i = 1, 200 do n = n + #f("%d:%s:%.2f", i, i, i / 3) end
print(n)
