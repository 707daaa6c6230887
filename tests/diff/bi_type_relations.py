"""isinstance/issubclass/ABCs, type() results, repr of builtin types, hash and eq relations."""
import abc
import collections.abc as cabc
import numbers

for v in (1, 1.5, 1j, True, None, "s", b"b", [], (), {}, set(), frozenset(), range(1), slice(1), ..., NotImplemented, len, print, int, type, object(), iter([]), (x for x in ()), lambda: 0, bytearray(), memoryview(b""), zip(), map(str, []), enumerate([]), reversed([]), {}.keys(), super, property(), staticmethod(len), classmethod(len), Exception(), "".join, [].append, int.__add__, (1).__add__, str.join, dict.fromkeys, type.__call__):
    t = type(v)
    print(t, t.__name__, t.__module__, [b.__name__ for b in t.__mro__], isinstance(v, cabc.Hashable), isinstance(v, cabc.Iterable), isinstance(v, cabc.Callable), isinstance(v, cabc.Sized))
print(issubclass(int, numbers.Integral), isinstance(1.5, numbers.Real), isinstance([], cabc.MutableSequence), isinstance({}, cabc.Mapping), isinstance("", cabc.Sequence), isinstance(iter([]), cabc.Iterator), isinstance((x for x in ()), cabc.Generator), issubclass(dict, cabc.MutableMapping))


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        return 0

    @property
    @abc.abstractmethod
    def name(self): ...

    @classmethod
    def __subclasshook__(cls, c):
        return True if hasattr(c, "looks_like_shape") else NotImplemented


class Sq(Shape):
    name = "sq"

    def area(self):
        return super().area() + 4


print(Sq().area(), Sq.__abstractmethods__, sorted(Shape.__abstractmethods__))
for f in (Shape, type("Half", (Shape,), {"area": 1})):
    try:
        f()
    except TypeError as e:
        print(e)


class Duck:
    looks_like_shape = 1


@Shape.register
class Reg:
    pass


print(issubclass(Duck, Shape), isinstance(Reg(), Shape), isinstance(5, Shape), issubclass(int, Shape))


class MySeq(cabc.Sequence):
    def __init__(self, *a):
        self.a = a

    def __getitem__(self, i):
        return self.a[i]

    def __len__(self):
        return len(self.a)


s = MySeq(1, 2, 3, 2)
print(list(s), 2 in s, s.index(3), s.count(2), list(reversed(s)))


class MyMap(cabc.MutableMapping):
    def __init__(self):
        self.d = {}

    def __getitem__(self, k): return self.d[k]
    def __setitem__(self, k, v): self.d[k] = v
    def __delitem__(self, k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)


m = MyMap()
m.update(a=1, b=2)
print(dict(m), m.pop("a"), m.setdefault("c", 5), list(m.items()), "b" in m, m.get("zz", 0), m == {"b": 2, "c": 5}, m.popitem(), len(m))
print(int, str, type, object, Exception, type(None), list[int], dict[str, int], int | None, tuple[int, ...], type[int], list[int].__origin__, (int | str).__args__)
print(int.__mro__, bool.__base__, type.__bases__, object.__bases__, type.mro(bool), int.__dict__["real"].__name__, str.__doc__[:10], isinstance(int, type), isinstance(type, object), isinstance(object, type))
