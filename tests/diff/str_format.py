"""str.format and format_map: field lookup, nesting, auto numbering, errors, the spec language."""


class O:
    attr = [10, {"k": "deep"}]

    def __format__(self, s):
        return f"O({s})"


print("{} {} {}".format(1, "a", None), "{0}{1}{0}".format("x", "y"), "{a}-{b}".format(a=1, b=2), "{0} {k}".format("pos", k="kw"), "{{}} {{{}}}".format(5))
print("{0.attr[0]} {0.attr[1][k]} {0.__class__.__name__}".format(O()), "{[1]} {[key]}".format([1, 2], {"key": "v"}), "{0[0][0]}".format([[7]]))
print("{:>8}|{:<8}|{:^8}|{:*^8}|{:=+8}".format("r", "l", "c", "m", 5), "{:{}}|{:{w}.{p}}".format("a", 5, "abcdef", w=6, p=2), "{!r:>6}|{!s}|{!a}".format("q", "s", "é"))
print("{:d} {:b} {:o} {:x} {:X} {:c} {:n}".format(10, 10, 10, 255, 255, 97, 1000), "{:#b} {:#o} {:#x} {:#X} {:08b} {:#010x}".format(5, 8, 255, 255, 5, 255))
print("{:,} {:_} {:_x} {:,.2f} {:.3%} {:+.1e} {: d} {:-d}".format(1234567, 1234567, 0xABCDEF, 9876.543, 0.12345, 12345.678, 5, 5))
print("{:5}|{:<5}|{:^5}|{:05}|{:>05}|{:<05}|".format(42, 42, 42, 42, 42, 42), "{:5}|{:>5}|{:.2}|{:5.1}|".format("s", "s", "string", "str"), "{:5}|{:<5}".format(True, False))
print("{:xyz} {}".format(O(), O()), "{:%}".format(0.5), "{:g} {:g} {:g}".format(1e10, 1e-5, 123456789.0), "{:.0f} {:.1f}".format(0.5, 0.25), "{:010.3f} {:-^20.2e}".format(-3.14159, 31415.9))
print("{a[b]}{a[0]}".format(a={"b": 1, 0: 2}) if 1 else "", "{x}".format_map({"x": 5}))


class D(dict):
    def __missing__(self, k):
        return "<" + k + ">"


print("{known} {unknown}".format_map(D(known=1)))
for e in ("'{}'.format()", "'{1}'.format(0)", "'{a}'.format(b=1)", "'{'.format(1)", "'}'.format(1)", "'{0} {}'.format(1, 2)", "'{} {0}'.format(1, 2)", "'{!x}'.format(1)", "'{!}'.format(1)", "'{0.foo}'.format(1)", "'{0[9]}'.format([1])", "'{0[a]}'.format([1])", "'{:d}'.format('a')", "'{:s}'.format(1)", "'{:.2d}'.format(1)", "'{:,s}'.format('a')", "'{:,x}'.format(5)", "'{:q}'.format(1.0)", "'{:c}'.format(2**30)", "'{:+}'.format('a')", "'{:=5}'.format('a')", "'{0.}'.format(1)", "'{0[]}'.format([1])", "'{:{:{}}}'.format(1, 2, 3)", "'{:5}'.format([])", "'{:+c}'.format(65)", "'{0[0}'.format([1])", "'{:#s}'.format('a')", "'{:z}'.format(5)", "'{:99999999999999999999}'.format(1)"):
    try:
        print(e, "=", repr(eval(e)))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
for v in (0, 7, -7, 2 ** 65, True):
    print([format(v, s) for s in ("", "d", "5d", "<5d", "+d", " d", "x", "#b", "o", "c" if 0 < v < 99 else "d", ",", "_", "e", ".2f", "g", "%", "*>9", "#06x", "=+7", "^9,d")])
print(format("text", ".3"), format("text", "_^9"), format(b"x"), format(None), format([1]), format(3.0, ""), format(1e16, ""), format(2 ** 53, "e"))
import string
print(string.Template("$a ${b} $$ $c").safe_substitute(a=1, b=2), [f for f in string.Formatter().parse("a{b!r:c}d{}")], string.capwords("the big fish"), string.ascii_letters[:5], string.Formatter().format("{0} {x:>4}", 1, x=2))
try:
    string.Template("$a $").substitute(a=1)
except ValueError as e:
    print(e)
