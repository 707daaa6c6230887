"""slice objects and range: all arithmetic, huge values, equality, errors."""
for args in ((5,), (2, 8), (0, 10, 3), (10, 0, -3), (0,), (5, 5), (3, 2), (-5, 5, 4), (0, -5, -1)):
    r = range(*args)
    print(r, list(r), len(r), list(r[::2]), r[1:3], list(reversed(r)), r.start, r.stop, r.step, 2 in r, r.count(2), bool(r), hash(r) == hash(range(*args)))
print(range(0, 10, 3) == range(0, 12, 3), range(0) == range(5, 5), range(3) == [0, 1, 2], range(5)[-1], range(10)[2:8:3], range(10)[::-1], range(5).index(3), 3.0 in range(5), 2.5 in range(5), "a" in range(3), True in range(2))
B = 2 ** 65
r = range(B, B + 10, 3)
print(list(r), len(r), r[2], B + 3 in r, r[-1], r[1:], range(0, B, B // 4)[3], list(range(B, B - 3, -1)), range(-B, B)[5], range(2 ** 63 - 2, 2 ** 63 + 2)[3], list(range(2 ** 62 - 1, 2 ** 62 + 2)), list(range(-2 ** 62 - 1, -2 ** 62 + 1)))
for e in ("range(1.5)", "range('a')", "range(0, 1, 0)", "range()", "range(1, 2, 3, 4)", "range(5)[5]", "range(5)[-6]", "range(3).index(9)", "range(5)['a']", "len(range(2 ** 70))", "range(3) + range(2)", "range(3) < range(4)", "range(stop=3)", "range(3)[::0]", "iter(range(3)).__next__()", "range(None)"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
it = iter(range(5))
next(it)
print(it.__length_hint__(), list(it), list(iter(range(3, 0, -1))), [*range(3)], sum(range(101)), max(range(5)), range(3) is range(3))
s = slice(1, 10, 2)
print(s, s.start, s.stop, s.step, s == slice(1, 10, 2), slice(3), slice(None), s.indices(5), s.indices(100), slice(-3, None).indices(10), slice(None, None, -2).indices(9), slice(5, 1, -1).indices(3), slice(-100, 100).indices(4))
for e in ("hash(slice(1))", "slice()", "slice(1, 2, 3, 4)", "[1, 2, 3][slice('a')]", "slice(1, 2, 0).indices(5)", "slice(1).indices(-1)", "slice('a', 'b') == slice('a', 'b')", "slice(1) < slice(2)", "[1][1.0:]", "'abc'[None:2]"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
for seq in ("abcdefg", list(range(7)), tuple(range(7)), b"abcdefg", range(7)):
    out = []
    for i in (None, 0, 2, -2, 9, -9):
        for j in (None, 0, 3, -1, 9):
            for k in (None, 1, -1, 3, -2):
                v = seq[i:j:k]
                out.append(len(v))
    print(type(seq).__name__, sum(out), out[:20])


class Ix:
    def __init__(self, v):
        self.v = v

    def __index__(self):
        return self.v


print("abcdef"[Ix(1):Ix(4)], list(range(Ix(2), Ix(5))), [10, 20][Ix(-1)], slice(Ix(1), None).indices(5))
for i in range(3):
    i = 100
print(i, [i for i in range(0, 7, 2)], list(range(10))[::-3], sorted(range(3), reverse=True), range(10**18).__len__(), (10 ** 18 - 1) in range(10 ** 18))
