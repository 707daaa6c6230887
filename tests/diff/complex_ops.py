"""complex numbers: arithmetic, repr, parsing, errors, formatting."""
c = 3 + 4j
print(c, abs(c), c.real, c.imag, c.conjugate(), -c, +c, c == 3 + 4j, c != 3, bool(0j), hash(c) == hash(complex(3, 4)))
print(c + 1, 1 + c, c - 2.5, c * (1 - 2j), c / (1 + 1j), c ** 2, c ** 0, c ** -1, 2 ** (1 + 0j), c * 2)
print(complex(), complex(1), complex(1.5, -2), complex("1+2j"), complex(" (3-4.5e1j) "), complex("j"), complex("-inf+nanj"), complex(1j, 2j))
print(0j, -0j, 1j, -1j, complex(0, -0.0), complex(-0.0, 0), complex(-0.0, -0.0), 1e100j, complex(float("inf"), float("nan")), 1.5 + 0j, complex(0, 1.5))
print(repr(1 + 0j), str(2.5j), [1j, 1 + 1e20j], f"{c:.2f}", f"{c:>20}", f"{1.5-2.25j:+.1e}", format(1j, ""), "%s %r" % (c, c))
print(hash(1 + 0j) == hash(1), 1 + 0j == 1, 1 == 1 + 0j, 1.5 == 1.5 + 0j, {1: "a"}[1 + 0j], 2 ** 53 + 1 == complex(2 ** 53))
for e in ("1j < 2j", "int(1j)", "float(1j)", "complex('a')", "complex('1', 2)", "complex(1, '2')", "1j // 1", "1j % 1", "divmod(1j, 1)", "1j / 0", "0j ** -1", "complex('1 + 2j')", "complex(None)", "f'{1j:d}'", "f'{1j:%}'", "f'{1j:010}'", "pow(1j, 2, 3)", "round(1j)", "complex([])", "1j @ 2"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class Cx(complex):
    def __repr__(self):
        return "Cx"


print(Cx(1, 2), Cx(1, 2) + 1, [Cx()], isinstance(Cx(), complex), type(+Cx(1)).__name__)


class HasC:
    def __complex__(self):
        return 5 + 6j


class HasF:
    def __float__(self):
        return 2.0


class HasI:
    def __index__(self):
        return 7


print(complex(HasC()), complex(HasF()), complex(HasI()), complex(HasF(), HasI()))
z = 0j
cc = -0.75 + 0.1j
n = 0
while abs(z) < 2 and n < 100:
    z = z * z + cc
    n += 1
print(n, f"{z:.6f}")
print(sum([1j, 2, 3.5]), sum([1 + 1j] * 3), [1j ** k for k in range(5)], (1 + 2j).__add__(1), (1j).__eq__(1), (1j).__lt__(1))
print(complex.__doc__[:20], 1j.__class__, (3 + 4j).__abs__(), (1 + 2j).__getnewargs__(), 1_0j, 1.5e1J)
