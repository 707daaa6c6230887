"""__slots__: layout, inheritance, errors, weakref and dict slots."""
import weakref
import copy


class S:
    __slots__ = ("a", "b", "__priv")

    def __init__(self):
        self.a = 1
        self.__priv = 3


s = S()
print(s.a, s._S__priv, hasattr(s, "__dict__"))
for act in ("s.b", "s.c = 1", "s.c", "del s.b", "s.__dict__", "weakref.ref(s)"):
    try:
        exec(act)
    except (AttributeError, TypeError) as e:
        print(act, "->", type(e).__name__, e)
s.b = [1]
print(s.b)
del s.b
print(hasattr(s, "b"), S.a, type(S.a).__name__, S.__slots__)


class Sub(S):
    __slots__ = ("c",)


class WithDict(S):
    pass


class Both(S):
    __slots__ = ("__dict__", "__weakref__")


x = Sub()
x.c = x.b = 5
print(x.a, x.b, x.c, hasattr(x, "__dict__"))
w = WithDict()
w.anything = 1
w.b = 2
print(vars(w), w.b)
y = Both()
y.q = 1
print(y.__dict__, weakref.ref(y)() is y)
for body in ("__slots__ = ('x',); x = 1", "__slots__ = ('1bad',)", "__slots__ = (5,)", "__slots__ = ('__dict__', '__dict__')"):
    try:
        exec("class Bad:\n    " + body)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
try:
    class Conflict(Sub, type("O", (), {"__slots__": ("z",)})):
        pass
except TypeError as e:
    print(e)


class Str:
    __slots__ = "single"


z = Str()
z.single = "v"
print(z.single)
c = copy.copy(x)
print(c.a, c.b, c.c, c is x)


class Emp(tuple):
    __slots__ = ()

    @property
    def first(self):
        return self[0]


print(Emp((1, 2)).first, hasattr(Emp(), "__dict__"))
try:
    class T2(tuple):
        __slots__ = ("a",)
except TypeError as e:
    print(e)
S.a.__set__(s, 77)
print(s.a, S.a.__get__(s), S.a.__name__, S.a.__objclass__.__name__)
try:
    S.a.__get__(5)
except TypeError as e:
    print(e)


class D:
    __slots__ = {"doc": "documented slot"}


print(D.doc.__doc__, D.__slots__)
d = D()
d.doc = 1
d.__class__ = D
print(d.doc)
