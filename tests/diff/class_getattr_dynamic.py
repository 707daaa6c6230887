"""Attributes added, changed and removed on classes while instances live."""


class A:
    def f(self):
        return "f1"


a, b = A(), A()


def call(o):
    return o.f()


for _ in range(5):
    r = call(a)
print(r)
A.f = lambda self: "f2"
print(call(a))
a.f = lambda: "instance"
print(call(a), call(b))
del a.f
print(call(a))


class B(A):
    pass


c = B()
print(call(c))
B.f = lambda self: "B.f"
print(call(c))
del B.f
print(call(c))
A.g = property(lambda self: "prop g")
print(a.g, c.g)
a.__dict__["g"] = "inst g"
print(a.g)
del A.g
print(a.g)
try:
    b.g
except AttributeError as e:
    print(e)
for i in range(50):
    setattr(a, f"attr{i}", i)
print(sum(getattr(a, f"attr{i}") for i in range(50)), len(a.__dict__))
for i in range(0, 50, 2):
    delattr(a, f"attr{i}")
print([k for k in a.__dict__][:5], len(a.__dict__))
a.__dict__ = {"fresh": 1}
print(a.fresh, vars(a))
d = a.__dict__
d["more"] = 2
print(a.more)
a.third = 3
print(d)
try:
    a.__dict__ = 5
except TypeError as e:
    print(e)
x = A()
x.one = 1
x.two = 2
y = A()
y.two = 2
y.one = 1
print(list(vars(x)), list(vars(y)), vars(x) == vars(y))


class H:
    def __setattr__(self, k, v):
        super().__setattr__(k, v * 2)

    def __delattr__(self, k):
        print("del", k)
        super().__delattr__(k)


h = H()
h.z = 4
print(h.z)
del h.z
print(vars(h))
A.__call__ = lambda self, n: n + 1
print(a(5))
A.__len__ = lambda self: 12
print(len(a), bool(a))
del A.__len__
try:
    len(a)
except TypeError as e:
    print(e)
a.__len__ = lambda: 3
try:
    len(a)
except TypeError as e:
    print("instance dunder ignored:", e)
A.f.tag = "t"
print(A.f.tag, b.f.tag)
try:
    int.new = 1
except TypeError as e:
    print(e)
print(sorted(x for x in dir(A) if not x.startswith("_")))
