"""Mixed arithmetic among bool, int, float, complex, Fraction, Decimal, user types; comparisons and hashing."""
from decimal import Decimal
from fractions import Fraction

vals = [True, 3, -2, 2.5, -0.0, 1 + 2j, Fraction(1, 2), 2 ** 65]
ops = ["+", "-", "*", "/", "//", "%", "**", "<", "==", "&", "<<"]
for op in ops:
    row = []
    for a in vals:
        for b in vals:
            if op == "<<" and b == 2 ** 65 or op == "**" and (b == 2 ** 65 or a == 2 ** 65):
                continue
            try:
                r = eval(f"a {op} b")
                row.append(f"{type(r).__name__[0]}:{r}"[:14])
            except Exception as e:
                row.append(type(e).__name__[0])
    print(op, " ".join(row))
for e in ("Decimal(1) + 1", "Decimal(1) + 1.5", "Decimal('1.5') == 1.5", "Decimal(1) < 2.5", "Fraction(1, 2) + Decimal(1)", "Fraction(1, 2) == 0.5", "hash(Decimal('0.5')) == hash(0.5) == hash(Fraction(1, 2))", "1 + None", "None + 1", "'1' + 1", "1 + '1'", "[1] + 1", "1 < None", "1j < 1", "None < None", "{} < {}", "[] < ()", "int < str", "1 == '1'", "not None", "-None", "~1.5", "+'a'", "abs([])", "2 ** '3'", "divmod(5, 2.5)", "5 // 0.3", "pow(2, 0.5)", "pow(2, 3, 5)", "pow(2.0, 3, 5)", "round(True)", "sum([1, 2.5, True, Fraction(1, 2)])", "max(1, 1.0, True)", "min(True, 1)", "int('5') + float('5')", "True / True", "True // 2", "True ** True", "-True", "~False", "True << 3", "complex(True)", "1 is 1.0" if 0 else "1 == 1.0", "float(True)", "0.5 + True", "1e400 - 1e400", "2 ** 0.5 == 2 ** Fraction(1, 2)", "int(Fraction(7, 2))", "float(Fraction(1, 3))", "3 * 'ab'", "'ab' * True", "[0] * -1", "'a' * 2.0"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class Money:
    def __init__(self, c):
        self.c = c

    def __repr__(self):
        return f"${self.c}"

    def __add__(self, o):
        if isinstance(o, Money):
            return Money(self.c + o.c)
        if isinstance(o, int):
            return Money(self.c + o)
        return NotImplemented

    __radd__ = __add__

    def __mul__(self, k):
        return Money(self.c * k)

    __rmul__ = __mul__

    def __int__(self):
        return self.c

    def __float__(self):
        return float(self.c)

    def __eq__(self, o):
        return self.c == (o.c if isinstance(o, Money) else o)

    def __hash__(self):
        return hash(self.c)

    def __gt__(self, o):
        return self.c > (o.c if isinstance(o, Money) else o)

    def __lt__(self, o):
        return self.c < (o.c if isinstance(o, Money) else o)


m = Money(5)
print(m + m, m + 1, 1 + m, 3 * m, m * 2, sum([m, m]), m == 5, 5 == m, {5: "int"}[m], m < 6, 6 > m, max(m, 3), sorted([m, 2, Money(3)]), int(m), float(m), m in [5], [m].index(5))
try:
    1.5 + m
except TypeError as e:
    print(e)
