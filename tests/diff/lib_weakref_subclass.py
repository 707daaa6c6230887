# What subclasses of weakref.ref keep in slots and attributes lives as long as they do.
import copy
import gc
import weakref


class C:
    pass


class Slotted(weakref.ref):
    __slots__ = ("key", "other")

    def __new__(cls, o, key):
        self = super().__new__(cls, o)
        self.key = key
        self.other = [key] * 3
        return self

    def __init__(self, o, key):
        super().__init__(o)


class Open(weakref.ref):
    pass


class Deeper(Slotted):
    __slots__ = ("more",)


kept = [C() for _ in range(300)]
refs = []
for i, o in enumerate(kept):
    s = Slotted(o, "key%d" % i)
    p = Open(o)
    p.name = "name%d" % i
    d = Deeper(o, (i, str(i)))
    d.more = {"n": i}
    d2 = weakref.KeyedRef(o, None, ("k", i))
    refs.append((s, p, d, d2))
junk = [[str(i) for i in range(50)] for _ in range(2000)]
del junk
gc.collect()
junk = [[str(i) for i in range(50)] for _ in range(2000)]
for i, (s, p, d, d2) in enumerate(refs):
    assert (s.key, s.other, p.name, d.key, d.more, d2.key) == ("key%d" % i, ["key%d" % i] * 3, "name%d" % i, (i, str(i)), {"n": i}, ("k", i)), i
    assert s() is p() is d() is d2() is kept[i]
print(len(refs), refs[7][2].more)
table = weakref.WeakValueDictionary((str(i), o) for i, o in enumerate(kept))
again = copy.copy(table)
print(len(table), len(again), table["17"] is kept[17], sorted(again)[:3])


# Layouts from several bases.
class A:
    __slots__ = ()


class B:
    pass


class AB(A, B):
    __slots__ = ()


x = AB()
x.attribute = 5
print(x.__dict__, hasattr(AB, "__weakref__"), weakref.ref(x)() is x)


class W:
    __slots__ = ("__weakref__",)


class AW(A, W):
    __slots__ = ("v",)


y = AW()
y.v = 1
print(weakref.ref(y)() is y, hasattr(y, "__dict__"))
for a, b in [(AB, AW), (AW, AB)]:
    try:
        a().__class__ = b
    except TypeError as e:
        print(e)
