"""Unpacking of every iterable kind, swaps, nested targets with side effects, partial failure."""


class It:
    def __init__(self, n, fail_at=None):
        self.n, self.fail_at, self.i = n, fail_at, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.i == self.fail_at:
            raise KeyError("iter failed")
        if self.i >= self.n:
            raise StopIteration
        self.i += 1
        return self.i


a, b, c = It(3)
x, *y = It(5)
print(a, b, c, x, y)
for n in (2, 4):
    it = It(n)
    try:
        a, b, c = it
    except ValueError as e:
        print(e, it.i)
try:
    p, q, r = It(3, fail_at=2)
except KeyError as e:
    print(repr(e))
k, v = {"one": 1, "two": 2}
print(k, v)
(i, j), m = "ab", {3}
print(i, j, m)
h, = range(1)
[w] = {9: 8}.values()
print(h, w)
z, t = b"xy"
print(z, t)
g = (n * n for n in range(4))
first, second, *others = g
print(first, second, others, list(g))
a = [1, 2, 3, 4, 5]
a[0], a[1:3], (a[3], *a[4:]) = "new", [20, 30], (40, 50, 60)
print(a)
a, a[0] = [0], 99
print(a)
d = {}
d["x"], d["y"], *d["rest"] = range(5)
print(d)


class Obj:
    pass


o = Obj()
(o.p, [o.q, *o.r]), o.s = (1, (2, 3, 4)), 5
print(vars(o))
x = y = z = [0]
x[0], (y[0]) = 1, 2
print(z)
i = 0
seq = [10, 20, 30]
i, seq[i], i = 1, "set at 1", 2
print(i, seq)
for src in ("a, b = 1", "a, b = None", "a, b = object()", "a, b = (1,)", "a, b = 'abc'", "a, *b, c = (1,)", "a, b = {1}", "[a, b], c = 1, 2", "a, b = len", "*a, b, c = 'x'", "a, b = iter([1, 2, 3])", "a, b, *c = ''"):
    try:
        exec(src)
    except (TypeError, ValueError) as e:
        print(src, "->", type(e).__name__, e)
try:
    al, bl = 1, 2
    al, bl = bl, 1 / 0
except ZeroDivisionError:
    print(al, bl)
for idx, (key, (lo, hi)) in enumerate({"r": (1, 2), "s": [3, 4]}.items()):
    print(idx, key, lo, hi)
print([(a, b) for a, (b, *_) in [(1, (2, 3)), (4, "five")]], {k: v for k, v in zip("ab", "cd")}, [x for x, in [(1,), (2,)]])
def many():
    return 1, [2, (3, 4)], {"k": 5}
one, [two, (three, four)], dct = many()
print(one, two, three, four, dct)
*a, b = c = d = "wxyz"
print(a, b, c, d)
s = {*(e for e in "aab")}
print(sorted(s), [*"ab", *[1], *{2: 3}], dict([*{"a": 1}.items(), ("b", 2)]))
