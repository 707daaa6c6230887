"""Small functions nested several deep (inlining candidates) that raise, default, recurse or see their frames."""
import sys
import traceback


def add(a, b=1):
    return a + b


def mul(a, b):
    return a * b


def check(v, limit):
    if v > limit:
        raise OverflowError(f"{v} over {limit}")
    return v


def step(a, limit):
    return check(add(mul(a, 3), 2), limit) & 0xFFFFF


def run(n, limit):
    x = 1
    for i in range(n):
        x = step(x, limit)
    return x


print(run(20000, 10 ** 9))
try:
    run(20000, 3145000)
except OverflowError:
    traceback.print_exc(file=sys.stdout)


class Vec:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def dot(self, o):
        return self.x * o.x + self.y * o.y

    def plus(self, o):
        return Vec(self.x + o.x, self.y + o.y)

    @property
    def norm2(self):
        return self.dot(self)


def vecs(n):
    acc = Vec(0, 0)
    d = Vec(1, 2)
    for i in range(n):
        acc = acc.plus(d)
        if acc.norm2 > 1000000:
            acc = Vec(-3, 1)
    return acc.x, acc.y, acc.norm2


print(vecs(10000))


def varargs(*a, **k):
    return len(a) + len(k)


def kw(a, *, b=2, c=3):
    return a * 100 + b * 10 + c


def calls(n):
    s = 0
    for i in range(n):
        s += varargs(i, i, z=1) + kw(i % 3, c=i % 5) + add(i) + add(b=i, a=2)
    return s


print(calls(8000))


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def rec(n):
    s = 0
    for i in range(n):
        s += depth(i % 20)
    return s


print(rec(3000))


def who():
    return sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno


def middle(i):
    if i % 5000 == 4999:
        return who()
    return None


def spy(n):
    return [r for r in (middle(i) for i in range(n)) if r], [x for x in map(middle, range(n)) if x]


print(spy(10000))


def make(k):
    def f(x):
        nonlocal k
        k += x
        return k
    return f


def closures(n):
    f, g = make(0), make(10 ** 6)
    for i in range(n):
        f(i)
        g(-1)
    return f(0), g(0)


print(closures(20000))
fns = [lambda x: x + 1, lambda x: x * 2, abs, int, lambda x, y=5: x - y]


def poly(n):
    s = 0
    for i in range(n):
        s += fns[i % 5](i)
    return s


print(poly(20000))


def late(n):
    s = 0
    for i in range(n):
        if i == n - 3:
            late_target.__code__ = (lambda x: x * 1000).__code__
        if i == n - 2:
            late_target.__defaults__ = (7,)
        s += late_target(1)
    return s


def late_target(x):
    return x


print(late(9000))
