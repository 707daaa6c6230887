"""tuple: construction, hashing, comparison, slicing, nesting, named tuples."""
from collections import namedtuple
import typing

t = (1, "a", None)
print(t, (), (1,), t + (2,), t * 2, t[1], t[-1], t[::-1], t[1:], len(t), t.index("a"), t.count(1), "a" in t, tuple("abc"), tuple([1]), tuple(), tuple(range(3)))
print((1, 2) == (1, 2), (1, 2) < (1, 3), (1,) < (1, 0), () < (0,), hash((1, 2)) == hash((1, 2)), hash(()) == hash(tuple([])), (1, [2]) == (1, [2]), ((1, 2), (3,))[0][1])
a, *b = t
print(a, b, (*t, 9), (*"ab", *[1]), {(1, 2): "k"}[1, 2], {(): 1}, [(x, y) for x, y in [(1, 2)]])
for e in ("(1,)[3]", "(1,) + [2]", "hash((1, []))", "(1,).index(2)", "(1, 2) < (1, 'a')", "tuple(5)", "(1,)['a':]", "(1,) * 'a'", "t.append", "tuple(1, 2)", "(1, 2) > 5"):
    try:
        print(eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
try:
    t[0] = 1
except TypeError as e:
    print(e)
try:
    del t[0]
except TypeError as e:
    print(e)
P = namedtuple("P", "x y z", defaults=[0])
p = P(1, y=2)
print(p, p.x, p[1], p._replace(z=5), p._asdict(), P._fields, P._make([7, 8, 9]), p == (1, 2, 0), P._field_defaults, p + (1,), isinstance(p, tuple))
x, y, z = p
print(x, y, z, P.__doc__, P.x.__doc__, repr(P), len(p), hash(p) == hash((1, 2, 0)))
for f in (lambda: P(1), lambda: P(1, 2, 3, 4), lambda: p._replace(q=1), lambda: namedtuple("B", "a a"), lambda: namedtuple("B", "class"), lambda: namedtuple("B", "_x"), lambda: P._make([1])):
    try:
        f()
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print(namedtuple("R", "a class a", rename=True)._fields)


class Emp(typing.NamedTuple):
    name: str
    age: int = 3

    def greet(self):
        return f"{self.name}:{self.age}"


print(Emp("Bo"), Emp("Al", 5).greet(), Emp.__annotations__, Emp._field_defaults)


class T(tuple):
    def __new__(cls, *a):
        return super().__new__(cls, a)

    def __repr__(self):
        return "T" + super().__repr__()


print(T(1, 2), T(1) + (2,), T(1, 2) == (1, 2), T(3)[0], type(T(1)[:]).__name__, isinstance(T(), tuple), {T(1): 2}[(1,)])
print(sorted([(2, "a"), (1, "b"), (1, "a")]), max((1, 2), (1, 3)), min([(3,), (2, 9)]), sum(((1,), (2,)), ()), dict([(1, 2), (3, 4)]), tuple(i * i for i in range(4)))
