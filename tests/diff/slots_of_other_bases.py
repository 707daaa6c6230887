"""A class without a dict of its own has one if any of its bases has; so with weak references."""
import weakref


class Plain:
    pass


class Slotted:
    __slots__ = ("a",)


class Both(Slotted, Plain):
    __slots__ = ()


class Other(Plain, Slotted):
    __slots__ = ("b",)


class Neither(Slotted):
    __slots__ = ()


for cls in (Both, Other):
    x = cls()
    x.a, x.free = 1, 2
    print(cls.__name__, x.a, x.free, x.__dict__, vars(x), weakref.ref(x)() is x)
x = Neither()
x.a = 1
for action in (lambda: setattr(x, "free", 1), lambda: x.__dict__, lambda: weakref.ref(x)):
    try:
        action()
    except (AttributeError, TypeError) as e:
        print(type(e).__name__, e)
y = Other()
y.b = 3
print(y.b, hasattr(y, "free"), Other.__mro__ == (Other, Plain, Slotted, object))
