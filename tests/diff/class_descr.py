"""Descriptors: data and non-data precedence, __get__ arguments, __getattr__, __getattribute__, __delete__."""


class Data:
    def __init__(self, tag):
        self.tag = tag

    def __get__(self, obj, owner=None):
        if obj is None:
            return f"class access {self.tag} {owner.__name__}"
        return f"data {self.tag}"

    def __set__(self, obj, value):
        print("set", self.tag, value)

    def __delete__(self, obj):
        print("delete", self.tag)


class NonData:
    def __get__(self, obj, owner=None):
        return "nondata"


class C:
    d = Data("d")
    n = NonData()
    plain = 1

    def __getattr__(self, name):
        if name.startswith("dyn_"):
            return name[4:]
        raise AttributeError("no " + name)


c = C()
c.__dict__["d"] = "hidden"
c.__dict__["n"] = "shadow"
print(c.d, c.n, C.d, C.n)
c.d = 5
del c.d
del c.n
print(c.n, c.dyn_hello, c.plain)
try:
    c.other
except AttributeError as e:
    print(e)


class G:
    def __init__(self):
        self.a = 1

    def __getattribute__(self, name):
        if name == "secret":
            raise AttributeError("fall through")
        if name.startswith("__"):
            return object.__getattribute__(self, name)
        return ("got", name, object.__getattribute__(self, name))

    def __getattr__(self, name):
        return ("fallback", name)


g = G()
print(g.a, g.secret, g.missing)


class P:
    def __init__(self):
        self._x = 0

    @property
    def x(self):
        "the x"
        return self._x

    @x.setter
    def x(self, v):
        if v < 0:
            raise ValueError("negative")
        self._x = v

    @x.deleter
    def x(self):
        print("deleting x")
        self._x = None

    ro = property(lambda self: "ro")
    wo = property(None, lambda self, v: print("wo set", v))


p = P()
p.x = 5
print(p.x, P.x.__doc__, P.x.fget.__name__)
del p.x
print(p.x)
p.wo = 3
for act in ("p.ro = 1", "del p.ro", "p.wo", "p.x = -1", "P.ro.nope", "del p.wo"):
    try:
        exec(act)
    except (AttributeError, ValueError) as e:
        print(act, "->", e)


class Sub(P):
    @P.x.getter
    def x(self):
        return "sub getter"


print(Sub().x)


class Cached:
    def __init__(self, fn):
        self.fn = fn

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner):
        print("compute")
        v = obj.__dict__[self.name] = self.fn(obj)
        return v


class U:
    @Cached
    def val(self):
        return 42


u = U()
print(u.val, u.val, vars(u))


class Raises:
    @property
    def bad(self):
        raise AttributeError("inner")

    def __getattr__(self, n):
        return "getattr rescued " + n


print(Raises().bad, int.__add__.__get__(3)(4), (3).real, int.real.__get__(7))
C.d = "replaced"
print(c.d, C.d)
