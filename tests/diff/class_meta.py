"""Metaclasses: __prepare__, keywords, __call__, instance checks, conflicts, __init_subclass__, __set_name__."""


class Meta(type):
    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, [b.__name__ for b in bases], kw)
        return {"injected": 1}

    def __new__(mcls, name, bases, ns, **kw):
        print("new", name, [k for k in ns if not k.startswith("__")], kw)
        return super().__new__(mcls, name, bases, ns)

    def __init__(cls, name, bases, ns, **kw):
        print("init", name)
        super().__init__(name, bases, ns)

    def __call__(cls, *args, **kw):
        print("call", cls.__name__, args)
        return super().__call__(*args, **kw)

    def __instancecheck__(cls, obj):
        return obj == "magic" or type.__instancecheck__(cls, obj)

    def __subclasscheck__(cls, sub):
        return sub is int or type.__subclasscheck__(cls, sub)

    def __getattr__(cls, name):
        return f"meta getattr {name}"

    def __len__(cls):
        return 17

    def __iter__(cls):
        return iter("meta")

    def __contains__(cls, x):
        return x == 3

    def __repr__(cls):
        return f"<M {cls.__name__}>"

    @property
    def shout(cls):
        return cls.__name__.upper()


class A(metaclass=Meta, flag=True):
    def __init__(self, v=None):
        self.v = v


class B(A, other=2):
    pass


a = A(5)
print(a.v, isinstance("magic", A), isinstance(a, A), isinstance(4, A), issubclass(int, A), issubclass(B, A))
print(A.anything, len(A), list(A), 3 in A, 4 in A, A, B, A.shout, A.injected, type(B).__name__)
try:
    a.shout
except AttributeError as e:
    print(e)


class OtherMeta(type):
    pass


try:
    class C(A, metaclass=OtherMeta):
        pass
except TypeError as e:
    print(e)


class Tracked:
    subs = []

    def __init_subclass__(cls, /, tag="none", **kw):
        super().__init_subclass__(**kw)
        Tracked.subs.append((cls.__name__, tag))


class T1(Tracked, tag="one"):
    pass


class T2(T1):
    pass


print(Tracked.subs)
try:
    class T3(Tracked, bogus=1):
        pass
except TypeError as e:
    print(e)


class Field:
    def __set_name__(self, owner, name):
        print("set_name", owner.__name__, name)
        self.name = name


class Model:
    one = Field()
    two = Field()


print(Model.one.name)


def funcmeta(name, bases, ns):
    return (name, bases, sorted(k for k in ns if not k.startswith("__")))


class Weird(metaclass=funcmeta):
    x = 1


print(Weird)


class Abs:
    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"


print(Abs[3], Abs["a", 1], type(type(A)).__name__, type.__call__(type, 5))
