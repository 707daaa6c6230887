"""Binary, reflected, unary and comparison protocols including NotImplemented and subclass priority."""


class V:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return f"{type(self).__name__}({self.n})"

    def __add__(self, o):
        print("add", self, o)
        return V(self.n + o.n) if isinstance(o, V) else NotImplemented

    def __radd__(self, o):
        print("radd", self, o)
        return V(self.n + o) if isinstance(o, int) else NotImplemented

    def __eq__(self, o):
        return self.n == o.n if isinstance(o, V) else NotImplemented

    def __lt__(self, o):
        return self.n < o.n if isinstance(o, V) else NotImplemented

    __hash__ = None


class W(V):
    def __radd__(self, o):
        print("W radd")
        return W(-1)


print(V(1) + V(2), 5 + V(1), V(1) + W(2), W(1) + V(2))
for e in ("V(1) + 5", "'a' + V(1)", "V(1) - V(2)", "V(1) < 5", "V(1) <= V(2)", "-V(1)", "hash(V(1))", "V(1)[0]", "len(V(1))", "V(1)()"):
    try:
        print(eval(e))
    except TypeError as x:
        print(e, "->", x)
print(V(1) == V(1), V(1) != V(2), V(1) == 1, V(2) > V(1), sorted([V(3), V(1), V(2)]))


class All:
    def __neg__(self): return "neg"
    def __pos__(self): return "pos"
    def __invert__(self): return "inv"
    def __abs__(self): return "abs"
    def __divmod__(self, o): return ("divmod", o)
    def __rdivmod__(self, o): return ("rdivmod", o)
    def __pow__(self, o, m=None): return ("pow", o, m)
    def __rpow__(self, o): return ("rpow", o)
    def __matmul__(self, o): return ("matmul", o)
    def __rmatmul__(self, o): return ("rmatmul", o)
    def __rlshift__(self, o): return ("rlshift", o)
    def __rsub__(self, o): return ("rsub", o)
    def __round__(self, n=None): return ("round", n)
    def __trunc__(self): return 3
    def __floor__(self): return "floor"
    def __ceil__(self): return "ceil"
    def __index__(self): return 2
    def __bool__(self): return False
    def __complex__(self): return 1j
    def __float__(self): return 2.5
    def __bytes__(self): return b"by"
    def __format__(self, spec): return f"<{spec}>"


a = All()
import math
print(-a, +a, ~a, abs(a), divmod(a, 1), divmod(1, a), pow(a, 2, 3), a ** 2, 2 ** a, a @ 1, 1 @ a, 1 << a, 1 - a)
print(round(a), round(a, 2), math.trunc(a), math.floor(a), math.ceil(a), [10, 20, 30][a], bool(a), complex(a), float(a), bytes(a))
print(f"{a:xyz}", format(a), int(a), hex(a), range(5)[a:], "abc" * 2)


class Cmp:
    def __eq__(self, o): return "eq"
    def __ne__(self, o): return "ne"
    def __lt__(self, o): return []
    def __le__(self, o): return "le"
    def __gt__(self, o): return "gt"
    def __ge__(self, o): return "ge"


c = Cmp()
print(c == 1, c != 1, c < 1, c <= 1, c > 1, c >= 1, 1 < c, 1 >= c, 1 == c, 0 < c < 5, not c == 1)


class BadBool:
    def __bool__(self): return 5


class BadLen:
    def __len__(self): return -1


for e in ("bool(BadBool())", "len(BadLen())", "bool(BadLen())"):
    try:
        eval(e)
    except (TypeError, ValueError) as x:
        print(e, type(x).__name__, x)
