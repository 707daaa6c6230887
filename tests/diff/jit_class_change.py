"""Class attributes, methods, bases, __class__ and layouts changed while hot code depends on them."""


class P:
    scale = 2

    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x * self.scale


def sum_get(objs, n, change):
    s = 0
    for i in range(n):
        s += objs[i % len(objs)].get()
        if i == n // 2:
            change()
    return s


objs = [P(i) for i in range(7)]
print(sum_get(objs, 10000, lambda: None))
print(sum_get(objs, 10000, lambda: setattr(P, "scale", 5)))
print(sum_get(objs, 10000, lambda: setattr(P, "get", lambda self: -self.x)))
print(sum_get(objs, 10000, lambda: setattr(objs[2], "get", lambda: 1000)))
del objs[2].get


class Q(P):
    pass


objs[3] = Q(3)
print(sum_get(objs, 10000, lambda: setattr(Q, "get", lambda self: 50)))
print(sum_get(objs, 10000, lambda: delattr(Q, "get")))
print(sum_get(objs, 10000, lambda: setattr(objs[3], "__class__", P)))
print(sum_get(objs, 10000, lambda: setattr(P, "x", property(lambda self: 9))))
del P.x
print(sum_get(objs, 10000, lambda: setattr(P, "__getattribute__", lambda self, n: (lambda: 3) if n == "get" else object.__getattribute__(self, n))))
del P.__getattribute__
print(sum_get(objs, 1000, lambda: None))


class Base1:
    def who(self):
        return 1


class Base2:
    def who(self):
        return 10


class D(Base1):
    pass


def bases(n):
    d = D()
    s = 0
    for i in range(n):
        s += d.who()
        if i == n // 2:
            D.__bases__ = (Base2,)
    return s


print(bases(10000))


class Op:
    def __init__(self, v):
        self.v = v

    def __add__(self, o):
        return Op(self.v + o.v)

    def __lt__(self, o):
        return self.v < o.v

    def __len__(self):
        return self.v % 5


def ops(n):
    a, one = Op(0), Op(1)
    t = 0
    for i in range(n):
        a = a + one
        t += (one < a) + len(a)
        if i == n // 2:
            Op.__add__ = lambda self, o: Op(self.v + 3 * o.v)
            Op.__len__ = lambda self: 2
    return a.v, t


print(ops(8000))


def add_attrs(n):
    s = 0
    for i in range(n):
        p = P(i)
        if i % 2:
            p.a = 1
            p.b = 2
        else:
            p.b = 20
            p.a = 10
        if i % 1000 == 7:
            p.__dict__["x"] = 0
        if i % 1000 == 8:
            del p.a
            p.a = 5
        s += p.a - p.b + p.x
    return s


print(add_attrs(8000))


class Sl:
    __slots__ = ("a", "b")


def slots(n):
    s = Sl()
    s.a = 0
    for i in range(n):
        s.b = s.a
        s.a = s.b + i
    return s.a, s.b


print(slots(20000))
