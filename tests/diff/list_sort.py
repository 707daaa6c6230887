"""Sorting: stability, key, reverse, cmp_to_key, exceptions in the middle, mutation detection, many sizes."""
import functools
import random

data = [("b", 2), ("a", 2), ("c", 1), ("d", 1), ("a", 1)]
print(sorted(data, key=lambda t: t[1]), sorted(data, key=lambda t: t[1], reverse=True), sorted(data), sorted(data, key=lambda t: (-t[1], t[0])))
rng = random.Random(42)
for n in (0, 1, 2, 3, 10, 63, 64, 65, 200, 1000):
    xs = [rng.randrange(n + 1) for _ in range(n)]
    pairs = [(x, i) for i, x in enumerate(xs)]
    ok = sorted(pairs, key=lambda p: p[0])
    assert all(ok[i][0] < ok[i + 1][0] or (ok[i][0] == ok[i + 1][0] and ok[i][1] < ok[i + 1][1]) for i in range(n - 1))
    rv = sorted(pairs, key=lambda p: p[0], reverse=True)
    assert all(rv[i][0] > rv[i + 1][0] or (rv[i][0] == rv[i + 1][0] and rv[i][1] < rv[i + 1][1]) for i in range(n - 1))
    fl = [rng.random() for _ in range(n)]
    st = [str(x) for x in xs]
    print(n, xs[:5], sorted(xs)[:5], sorted(st)[:4], sorted(fl) == sorted(fl[::-1]), sum(sorted(xs)[::7]))
for shape in (list(range(100)), list(range(100, 0, -1)), [0] * 100, list(range(50)) + list(range(50)), [i ^ 5 for i in range(100)]):
    s = shape[:]
    s.sort()
    print(s[:3], s[-3:], s == sorted(shape, reverse=True)[::-1])
calls = [0]


def cmp(a, b):
    calls[0] += 1
    return (a > b) - (a < b)


print(sorted([5, 2, 8, 1], key=functools.cmp_to_key(cmp)), calls[0] <= 8, sorted("bAcD", key=str.lower), sorted(["10", "9", "1"], key=int))
lst = [3, 1, "x", 2]
try:
    lst.sort()
except TypeError as e:
    print(e, sorted(map(str, lst)))
try:
    lst2 = [1, 2, 3]
    lst2.sort(key=lambda x: lst2.append(x) or x)
except ValueError as e:
    print(e)
try:
    lst3 = [3, 2, 1]
    lst3.sort(key=lambda x: 1 // (x - 2))
except ZeroDivisionError as e:
    print(e, lst3)
seen = []
lst4 = [3, 1, 2]
lst4.sort(key=lambda x: seen.append(len(lst4)) or x)
print(seen, lst4)


class OnlyLt:
    def __init__(self, v):
        self.v = v

    def __lt__(self, o):
        return self.v < o.v

    def __repr__(self):
        return f"O{self.v}"


print(sorted([OnlyLt(3), OnlyLt(1), OnlyLt(2)]), max([OnlyLt(1), OnlyLt(5)], key=lambda o: o.v), sorted([1.5, 1, True, 0, False, 0.5]), sorted([(1, "b"), (1, "a"), (0, "z")]), sorted([[2], [1, 5], [1]]))
print(sorted({3: "a", 1: "b"}), sorted("hello"), sorted([b"b", b"a"]), sorted([None, None], key=lambda x: 0), sorted([2 ** 70, 1, -2 ** 70]), [].sort(), sorted([3, 1], reverse=1))
for e in ("sorted(5)", "sorted([1], 5)", "[1].sort(5)", "sorted([1, None])", "sorted([1j, 2j])", "[1, 2].sort(key=5)", "sorted([], key=5)", "sorted([1], cmp=1)"):
    try:
        print(eval(e))
    except TypeError as ex:
        print(e, "->", ex)
