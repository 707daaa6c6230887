"""float: repr, special values, rounding, formatting, conversions, comparison, hex, methods."""
import math
import sys

inf, nan = float("inf"), float("nan")
print([0.1, 1.0, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1 / 3, 100.0, 1e22, 1e23, 2.5e-7])
print(inf, -inf, nan, -0.0, 0.0, -nan, repr(1e100), str(1.5), 3.0, 1e5, 123456.789e3)
print(0.0 == -0.0, nan == nan, nan != nan, inf == inf, nan < 1, 1 < nan, inf > 1e308, math.copysign(1, -0.0), nan in [nan], [nan] == [nan])
for a in (5.5, -5.5, 0.0, -0.0, 1e300):
    for b in (2.0, -2.0, 0.3, inf):
        print((a + b, a * b, a / b, a // b, a % b, divmod(a, b)), end=" ")
    print()
print(round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234.567, -2), round(0.5), round(1e20), round(1.15, 1), round(-0.4), round(5.015, 2), round(1e300, 2))
print(math.floor(-1.5), math.ceil(-1.5), math.trunc(-1.5), int(1e20), int(-0.9), float("1e3"), float(" -1.5\n"), float("1_0.5"), float("infinity"), float("-NaN"), float(10))
print((0.1).hex(), float.fromhex("0x1.8p3"), (0.75).as_integer_ratio(), (2.0).is_integer(), (2.5).is_integer(), (-0.0).hex(), float.fromhex("-inf"), (1e-320).hex())
print(2.0 ** 0.5, (-8) ** (1 / 3), 2.0 ** -1, 0.0 ** 0, inf ** 0, (-1.0) ** 3, 4 ** 0.5, 1e200 * 1e200, (-2.0) ** 1023)
for e in ("1.0 / 0", "1.0 // 0", "1.0 % 0", "0.0 ** -1", "float('x')", "float('')", "float('1_')", "2.0 ** 5000", "int(inf)", "round(nan)", "float([])", "math.log(0)", "1.5 & 1", "1.5 << 1", "float.fromhex('zz')", "divmod(1.0, 0.0)", "(10.0).as_integer_ratio", "inf.as_integer_ratio()", "list((1,))[1.0]", "float(10**400)", "'a' * 1.0", "range(1.0)"):
    try:
        r = eval(e)
        print(e, "=", r if not callable(r) else "method")
    except Exception as x:
        print(e, "->", type(x).__name__, x)
for v in (0.0, 1.0, -1.5, 1234567.891, 1e-10, 1e20, 0.00012345, inf, nan):
    print([format(v, s) for s in ("", "f", ".0f", ".3f", "e", ".2e", "g", ".3g", "G", "%", ",", ",.2f", "+", " ", "08.2f", "*^12.1f", "#.0f", "n", "_.1f", "10", "<10", "z.1f")])
print("%.3f %5.1f %-8.2f| %e %g %G %+d %05d %x %r %s" % (1.5, 2.25, 3.125, 12345.678, 0.0001, 1e-10, 3.99, 42, 255, 1.0, 2.0))
print(hash(1.5), hash(1.0), hash(0.1), hash(inf), hash(-inf), hash(1e300), hash(-0.0))
print(sys.float_info.max, sys.float_info.epsilon, sys.float_info.dig, sys.float_info.min)
print(sum([0.1] * 10), math.fsum([0.1] * 10), max(1.0, 1), min(1, 1.0), sorted([2.5, 1, -0.5, inf, -inf]), abs(-2.5), -(-2.5), +1.5, bool(0.0), bool(nan), not 1e-300)
print(1.0.__class__.__name__, 1.5.real, 1.5.imag, 1.5.conjugate(), float.__getformat__("double"), (1.0).__eq__("x"), 1.0 .__add__(1), (0.5).__rtruediv__(1))


class Fl(float):
    def __repr__(self):
        return "Fl:" + float.__repr__(self)


print(Fl(2), Fl(2) + 1, [Fl("3.5")], str(Fl(1)), f"{Fl(1):.2f}", Fl(2) == 2, type(-Fl(2)).__name__)
print(1e308 * 10 - 1e308 * 10, inf - inf, inf * 0, 0.1 * 3, 1e16 + 1, 4.35 * 100, 1.1 + 2.2, 3 * 1.1, 0.1 + 0.7)
