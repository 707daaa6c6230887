"""Container protocol by hand: getitem iteration, contains, reversed, missing, slices, length hints, call."""
import operator


class Seq:
    def __init__(self, *v):
        self.v = v

    def __getitem__(self, i):
        print("get", i)
        return self.v[i]

    def __len__(self):
        return len(self.v)


s = Seq(1, 2, 3)
print(list(s), 2 in s, 9 in s)
print(list(reversed(s)), s[1:], s[::-1], s[..., ] if 0 else "")
a, b, c = s
print(a, b, c, max(s), sum(s))


class Map(dict):
    def __missing__(self, k):
        return f"missing {k}"


m = Map(a=1)
print(m["a"], m["b"], m.get("b"), "b" in m)


class It:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration("finished")
        self.n -= 1
        return self.n

    def __length_hint__(self):
        return self.n


print(operator.length_hint(It(4)), list(It(4)), tuple(It(2)), set(It(3)), dict.fromkeys(It(2)))


class Has:
    def __contains__(self, x):
        return "yes" if x else ""


print(1 in Has(), 0 in Has(), 0 not in Has())


class NoIter:
    __iter__ = None
    __contains__ = None


class BadIter:
    def __iter__(self):
        return 5


for e in ("list(NoIter())", "1 in NoIter()", "list(BadIter())", "iter(5)", "next(5)", "reversed({1})", "list()[1.5]", "{}[[]]", "str()['b']", "tuple()[5]", "object()[0]"):
    try:
        print(eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class Sl:
    def __getitem__(self, k):
        return k

    def __class_getitem__(cls, k):
        return ("cls", k)


x = Sl()
print(x[1:2], x[:], x[1:2, ::3], x[..., 1], x[None:None:-1], Sl[1], x[1, ], x[(1, 2)])


class Callable:
    def __call__(self, *a, **k):
        return a, k


print(Callable()(1, *[2], z=3), list(iter(lambda c=iter("abXcd"): next(c), "X")))


class Del:
    def __init__(self):
        self.log = []

    def __delitem__(self, k):
        self.log.append(k)


d = Del()
del d[1], d[1:2], d["a"]
print(d.log)
print(s.__len__(), len(s) == operator.index(3), slice(1, 10, 2).indices(6), slice(None, None, -1).indices(4))
