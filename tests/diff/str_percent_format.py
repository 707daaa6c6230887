"""% formatting in full, for str and bytes."""


class R:
    def __str__(self):
        return "S"

    def __repr__(self):
        return "R"

    def __int__(self):
        return 9

    def __index__(self):
        return 8

    def __float__(self):
        return 1.25


r = R()
print("%s %r %a %d %x %f %c%c" % (r, r, "é", 5.7, r, r, 65, "z"))
print("%(a)s %(b)05d %(a)r %%" % {"a": "x", "b": 42}, "%s" % ((1, 2),), "%s %s" % (1, [2]), "%s" % [1, 2], "%s" % {"k": 1})
print("|%5s|%-5s|%.2s|%5.1s|%05d|%+d|% d|%-6d|%#x|%#o|%X|%i|%u|" % ("ab", "ab", "abcdef", "xyz", 42, 42, 42, 42, 255, 8, 255, 7, 8))
print("|%*d|%-*s|%.*f|%*.*e|" % (6, 42, 5, "q", 2, 3.14159, 12, 3, 12345.678))
print("%d %d %d %x %o" % (2 ** 70, -2 ** 70, True, -255, -8), "%5d|%-5d|%05d" % (-3, -3, -3), "%.3d|%8.3d|%+.2d" % (5, 5, 5))
print("%e %E %g %G %.0f %#.0f %.10g %5.2f%%" % (12345.6789, 1e-7, 1e-5, 1e20, 2.5, 2.0, 1 / 3, 99.5))
print("%f %f %F %g %s" % (float("inf"), float("nan"), float("-inf"), float("nan"), -0.0))
print("%ld %hd %Ld" % (1, 2, 3), "%c" % 0x20ac, "%3c|%-3c|" % ("a", "b"), "%s" % None, "%5s|%-6s|" % (None, True), "%%" % (), "100%%" % ())
for e in ("'%d' % 'x'", "'%s %s' % 1", "'%s' % (1, 2)", "'%z' % 1", "'%' % 1", "'%(a)s' % 5", "'%(a)s' % {}", "'%c' % 'ab'", "'%c' % -1", "'%x' % 1.5", "'%d' % None", "'%(a' % {}", "'%*d' % ('a', 1)", "'abc' % 5", "'%f' % 'x'", "'%c' % 1.5", "'%d' % float('nan')", "'%i' % float('inf')", "'abc' % {}", "'%5' % 1", "'%.*f' % (1,)", "'%s' % ()"):
    try:
        print(e, "=", repr(eval(e)))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
print(b"%s %d %x %c %5.1f %b %a %r" % (b"by", 5, 255, 65, 2.25, b"z", "é", "q"), b"%(k)s" % {b"k": b"v"}, b"%-5s|%05d" % (b"a", 42), bytearray(b"%s") % b"x")
for e in ("b'%s' % 'x'", "b'%c' % 300", "b'%d' % b'1'", "b'%b' % 5"):
    try:
        print(eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
