"""Classes: attributes, inheritance, init/new, class body execution, special attributes."""


class Base:
    """Base doc"""
    shared = []
    count = 0

    def __new__(cls, *args, **kw):
        self = super().__new__(cls)
        cls.count += 1
        return self

    def __init__(self, x=0):
        self.x = x

    def __repr__(self):
        return f"{type(self).__name__}(x={self.x!r})"

    def hello(self):
        return "base hello " + str(self.x)


class Child(Base):
    for i in range(3):
        exec(f"attr{i} = {i * i}")
    del i

    def hello(self):
        return "child+" + super().hello()

    if True:
        def conditional(self):
            return __class__.__name__


b, c = Base(1), Child(2)
print(b, c, b.hello(), c.hello(), c.conditional())
print(Base.count, Child.count, Base.__dict__["count"], "count" in Child.__dict__)
print(Child.attr0, Child.attr1, Child.attr2, hasattr(Child, "i"))
print(Child.__name__, Child.__qualname__, Child.__bases__, Child.__mro__, Child.__doc__, Base.__doc__)
c.shared.append(1)
c.count = 100
print(b.shared, b.count, c.count, Child.count, vars(c))
del c.count
print(c.count, isinstance(c, Base), issubclass(Child, Base), isinstance(b, (int, Child)))
try:
    del c.count
except AttributeError as e:
    print(e)
try:
    c.nothing
except AttributeError as e:
    print(e)
try:
    Child.nothing
except AttributeError as e:
    print(e)


class NotInit:
    def __new__(cls):
        return 5

    def __init__(self):
        print("never")


print(NotInit())


class BadInit:
    def __init__(self):
        return 5


try:
    BadInit()
except TypeError as e:
    print(e)
for bad in (lambda: object(1), lambda: Base.__new__(int), lambda: object.__new__(5), lambda: type("X", (5,), {})):
    try:
        print(bad())
    except TypeError as e:
        print(e)
c.__class__ = Base
print(type(c).__name__, c.hello())
try:
    c.__class__ = int
except TypeError as e:
    print(e)
X = type("X", (Base,), {"y": 5, "m": lambda self: self.y})
print(X().m(), X.__module__, X)
setattr(X, "z", 9)
print(getattr(X(), "z"), getattr(X(), "w", "default"))


class Private:
    __secret = 1

    def get(self):
        return self.__secret, self._Private__secret


print(Private().get(), [k for k in vars(Private) if "secret" in k])


class Outer:
    class Inner:
        pass


print(Outer.Inner.__qualname__, sorted(k for k in dir(Outer()) if not k.startswith("__")))
print(Base.__eq__(b, b), b == Base(1), b != Base(1), type(b).__hash__ is object.__hash__)
