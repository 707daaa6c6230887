"""Generator pipelines, recursion, finally on collection order by hand, exc_info isolation, trees."""
import sys
import itertools


class Node:
    def __init__(self, v, l=None, r=None):
        self.v, self.l, self.r = v, l, r

    def __iter__(self):
        if self.l:
            yield from self.l
        yield self.v
        if self.r:
            yield from self.r


def build(lo, hi):
    if lo >= hi:
        return None
    m = (lo + hi) // 2
    return Node(m, build(lo, m), build(m + 1, hi))


print(list(build(0, 20)))


def primes():
    found = []
    for n in itertools.count(2):
        if all(n % p for p in found):
            found.append(n)
            yield n


print(list(itertools.islice(primes(), 15)))


def perms(xs):
    if not xs:
        yield []
    for i, x in enumerate(xs):
        for rest in perms(xs[:i] + xs[i + 1:]):
            yield [x] + rest


print(["".join(p) for p in perms("abc")])


def isolate():
    try:
        raise KeyError("in gen")
    except KeyError:
        yield sys.exc_info()[0].__name__
        yield sys.exc_info()[0].__name__
    yield sys.exc_info()[0]


try:
    raise ValueError("outside")
except ValueError:
    g = isolate()
    print(next(g), sys.exc_info()[0].__name__, next(g), sys.exc_info()[0].__name__)
print(next(g))


def average():
    total = n = 0
    avg = None
    while True:
        v = yield avg
        total += v
        n += 1
        avg = total / n


a = average()
next(a)
print([a.send(v) for v in (10, 20, 60)])


def with_return():
    return 5
    yield


print(list(with_return()))
print((yield_ for yield_ in range(3)).__next__())


def hanoi(n, a="A", b="B", c="C"):
    if n:
        yield from hanoi(n - 1, a, c, b)
        yield a + c
        yield from hanoi(n - 1, b, a, c)


print(" ".join(hanoi(4)))


def deep(n):
    if n == 0:
        yield "bottom"
    else:
        yield from deep(n - 1)


print(next(deep(150)))


def lazy():
    print("evaluated")
    return range(3)


ge = (x * y for x in lazy() for y in lazy() if x)
print("made")
print(list(ge))
z = zip(*[iter(range(9))] * 3)
print(list(z))


def cleanup(log):
    try:
        yield 1
        yield 2
    finally:
        log.append("cleaned")


log = []
for v in cleanup(log):
    break
gen = cleanup(log)
next(gen)
gen.close()
print(log[-1])


def multi():
    x = yield (yield (yield 1))
    print("x is", x)


m = multi()
print(next(m), m.send("a"), m.send("b"), m.send("c") if 0 else "")
try:
    m.send("last")
except StopIteration:
    pass
print(*(c for c in "xyz"), sep="-")
