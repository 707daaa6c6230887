"""C3 linearisation, cooperative super, diamond inheritance, MRO conflicts, super forms."""


class A:
    def who(self):
        return ["A"]


class B(A):
    def who(self):
        return ["B"] + super().who()


class C(A):
    def who(self):
        return ["C"] + super().who()


class D(B, C):
    def who(self):
        return ["D"] + super().who()


class E(C, B):
    def who(self):
        return ["E"] + super(E, self).who()


print(D().who(), E().who(), [k.__name__ for k in D.__mro__])
try:
    class F(D, E):
        pass
except TypeError as e:
    print(e)
try:
    class G(A, A):
        pass
except TypeError as e:
    print(e)
try:
    class H(A, B):
        pass
except TypeError as e:
    print(e)
try:
    class I(bool):
        pass
except TypeError as e:
    print(e)
try:
    class J(int, str):
        pass
except TypeError as e:
    print(e)


class K:
    @classmethod
    def make(cls):
        return [cls.__name__, "K"]

    @staticmethod
    def stat():
        return "stat K"

    val = property(lambda self: "val K")


class L(K):
    @classmethod
    def make(cls):
        return super().make() + ["L"]

    @staticmethod
    def stat():
        return super(L, L).stat() + "+L"

    @property
    def val(self):
        return super().val + "+L"


print(L.make(), L.stat(), L().val, L().make())
s = super(L, L())
print(s.__thisclass__.__name__, s.__self_class__.__name__, type(s).__name__)
for bad in (lambda: super(), lambda: super(L, 5), lambda: super(5), lambda: super(L, L()).nothing):
    try:
        bad()
    except (TypeError, RuntimeError, AttributeError) as e:
        print(type(e).__name__, e)
D.__bases__ = (C, B)
print([k.__name__ for k in D.__mro__], D().who())
try:
    A.__bases__ = (D,)
except TypeError as e:
    print(e)


class Entry:
    def __mro_entries__(self, bases):
        return (A,)


class UsesEntry(Entry()):
    pass


print(UsesEntry.__bases__, UsesEntry.__orig_bases__[0].__class__.__name__)


class In:
    def __init__(self, **kw):
        self.kw = kw
        super().__init__()


class Mixin:
    def __init__(self, *, name, **kw):
        self.name = name
        super().__init__(**kw)


class Final(Mixin, In):
    pass


f = Final(name="n", other=1)
print(f.name, f.kw, A.__subclasses__()[0].__name__, issubclass(D, A))
