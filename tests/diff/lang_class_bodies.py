"""Class bodies with control flow, nested scopes, comprehension access, exec, conditional methods, class cell."""
flag = True


class A:
    if flag:
        def m(self):
            return "flagged"
    else:
        def m(self):
            return "not"
    for _n in ("x", "y"):
        locals()[_n] = _n.upper()
    try:
        q = undefined
    except NameError:
        q = "handled"
    with __import__("contextlib").suppress(KeyError):
        {}["z"]
    total = sum(i for i in range(4))
    z = [v for v in (1, 2)]
    print(sorted(k for k in locals() if not k.startswith("_")), __qualname__, __module__)
    while flag:
        flag = False

    def uses_class(self):
        return __class__.__name__

    del z


print(A().m(), A.x, A.y, A.q, A.total, hasattr(A, "z"), A.flag, flag, A().uses_class())


def outer(v):
    class B:
        try:
            w = v
        except NameError as e:
            w = str(e)
        v = "class v"

        def get(self):
            return v, self.v

        class C:
            u = v
    return B


B = outer("outer v")
print(B.w, B().get(), B.C.u, B.__qualname__, B.C.__qualname__)


def nl():
    n = 0

    class K:
        nonlocal n
        n = 5
        global GG
        GG = 6

        def bump(self):
            nonlocal n
            n += 1
            return n
    return n, K().bump(), n


print(nl(), GG)


class Meta(type):
    def __new__(m, name, bases, ns):
        cell = ns.get("__classcell__")
        print(name, "cell" if cell else "no cell")
        c = super().__new__(m, name, bases, ns)
        return c


class WithCell(metaclass=Meta):
    def f(self):
        return super().__repr__()[:5]


class NoCell(metaclass=Meta):
    pass


try:
    class BadMeta(type):
        def __new__(m, name, bases, ns):
            ns.pop("__classcell__", None)
            return super().__new__(m, name, bases, ns)

    class Broken(metaclass=BadMeta):
        def f(self):
            return __class__
except RuntimeError as e:
    print(str(e).split(" at 0x")[0][:40])


class Doc:
    """the doc"""
    __doc__ += " extended"
    __slots__ = ()


print(Doc.__doc__, WithCell().f())


class Empty: ...


class Base:
    def __init_subclass__(cls, **k):
        cls.k = k

    def __class_getitem__(cls, i):
        return cls.__name__, i


class D(Base, a=1, **{"b": 2}):
    pass


print(D.k, D[1], Base["x", "y"])
bases = (dict, Base)


class Star(*bases, kw=1):
    pass


print(Star.__mro__[1:3], Star.k, Star(a=1))
try:
    class Raises:
        a = 1
        raise ValueError("in body")
except ValueError as e:
    print(e, "Raises" in globals())
gen_in_class = type("G", (), {"items": property(lambda s: (i for i in range(2)))})
print(list(gen_in_class().items))


class P:
    def a(self): return "a"
    b = a
    c = property(b)
    a.__doc__ = "set later"


print(P().b(), P().c, P.b.__doc__, P.b.__name__)
