"""del of names, items, slices, attributes, nested targets; effect on closures and globals."""
x = y = z = 1
del x, (y, [z])
for n in "xyz":
    try:
        eval(n)
    except NameError as e:
        print(e)
lst = list(range(10))
del lst[0], lst[-1], lst[2:4], lst[::3]
print(lst)
d = {"a": 1, "b": {"c": [1, 2, 3]}}
del d["a"], d["b"]["c"][1]
print(d)
for s in ("del d['zz']", "del lst[50]", "del lst['a']", "del (1).real", "del d.attr", "del undefined_q", "del 'abc'.x", "del (1, 2)[0]" if 0 else "del tup[0]", "del 'abc'[0]" if 0 else "del st[0]"):
    try:
        exec(s, {"d": d, "lst": lst, "tup": (1,), "st": "abc"})
    except Exception as e:
        print(s, "->", type(e).__name__, e)


def f(a, b):
    del a
    try:
        return a
    except UnboundLocalError as e:
        print(e)
    a = b
    del b
    return a, "b" in locals()


print(f(1, 2))


def g():
    v = 1

    def h():
        nonlocal v
        del v
    h()
    try:
        return v
    except UnboundLocalError as e:
        print(e)
        v = 2
        return v


print(g())


def glob():
    global G
    G = 1
    del G
    try:
        G
    except NameError as e:
        print(e)


glob()


class C:
    a = 1
    b = 2
    del a

    def __init__(self):
        self.q = 1


c = C()
print(hasattr(C, "a"), C.b)
del c.q, C.b
print(vars(c), hasattr(C, "b"))
for i in range(3):
    del i
print("i" in globals())
try:
    1 / 0
except ZeroDivisionError as e:
    pass
print("e" in globals())
e = "kept?"
try:
    1 / 0
except ZeroDivisionError as e:
    del e
print("e" in globals())
del (c), [d]
print("c" in globals(), "d" in globals())
with open(__file__) as fh:
    pass
del fh


def args(*a, **k):
    del a, k
    return sorted(locals())


print(args(1, 2, z=3))
a = [1, 2, 3]
del a[:]
print(a)
