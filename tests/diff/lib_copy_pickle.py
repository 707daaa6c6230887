"""copy, deepcopy, pickle of builtin and user objects, with __reduce__ and state hooks."""
import copy
import pickle


class P:
    def __init__(self, x):
        self.x = x

    def __eq__(self, o):
        return type(o) is P and self.x == o.x

    def __repr__(self):
        return f"P({self.x!r})"


class St:
    def __init__(self):
        self.keep, self.drop = 1, 2

    def __getstate__(self):
        return {"keep": self.keep}

    def __setstate__(self, s):
        self.__dict__.update(s)
        self.restored = True


class Sl:
    __slots__ = ("a", "b")


class Red:
    def __reduce__(self):
        return (Red.make, (5,), {"z": 1})

    @staticmethod
    def make(n):
        r = Red()
        r.n = n
        return r


class Hooks:
    def __copy__(self):
        return "copied"

    def __deepcopy__(self, memo):
        return "deep"


nested = {"l": [1, [2, P([3])]], "t": (1, [2]), "s": {1, 2}}
c, d = copy.copy(nested), copy.deepcopy(nested)
nested["l"][1][1].x.append(4)
print(c, d, c["l"] is nested["l"], copy.copy(Hooks()), copy.deepcopy([Hooks()]))
loop = [1]
loop.append(loop)
dl = copy.deepcopy(loop)
print(dl[1] is dl, dl is not loop, copy.copy((1, 2)) == (1, 2), copy.deepcopy(len) is len, copy.deepcopy(P) is P)
shared = [0]
two = copy.deepcopy([shared, shared])
print(two[0] is two[1], two[0] is shared)
s = Sl()
s.a = [1]
s2 = copy.deepcopy(s)
print(s2.a, s2.a is s.a, hasattr(s2, "b"))
for proto in range(pickle.HIGHEST_PROTOCOL + 1):
    for v in (None, True, 1, -1, 2 ** 100, 1.5, "é\U0001F600", b"bytes", bytearray(b"x"), [1, [2]], (1, (2, ())), {"a": {1}}, frozenset([1]), 1j, range(3), slice(1), P([1]), len, P, ..., NotImplemented, ValueError("m", 1), type(None), complex, {1: P(2)}):
        data = pickle.dumps(v, proto)
        back = pickle.loads(data)
        assert type(back) is type(v) and (back == v or repr(back) == repr(v)), v
    x = pickle.loads(pickle.dumps(St(), proto))
    r = pickle.loads(pickle.dumps(Red(), proto))
    print(proto, vars(x), vars(r), pickle.loads(pickle.dumps(loop, proto))[1][0], len(pickle.dumps([shared] * 3, proto)))
for bad in (lambda: 0, (i for i in ()), type("Loc", (), {})()):
    try:
        pickle.dumps(bad)
    except Exception as e:
        print(type(e).__name__, str(e)[:24])
for raw in (b"", b"junk", b"\x80\x04."):
    try:
        pickle.loads(raw)
    except Exception as e:
        print(type(e).__name__)
print(pickle.loads(b"(lp0\nI1\na."), pickle.dumps([1, "a"], 0), pickle.dumps((1, 2), 2), [copy.copy(z) for z in ([1], {1: 2}, {3}, bytearray(b"q"))])
