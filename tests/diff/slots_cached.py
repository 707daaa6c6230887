"""Attributes in slots, read and written often enough for the caches, and then changed under them."""


class P:
    __slots__ = ("x", "y", "__weakref__")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Q(P):
    __slots__ = ("z",)


class R(P):
    def __init__(self, x, y):
        super().__init__(x, y)
        self.extra = x + y


def total(p):
    return p.x + p.y


def move(p, n):
    p.x = p.x + n
    p.y += n


objects = [P(1, 2), Q(3, 4), R(5, 6)]
for p in objects:
    for i in range(30):
        move(p, 1)
        t = total(p)
    print(type(p).__name__, t, p.x, p.y)
for i in range(40):
    p = objects[i % 3]
    move(p, i)
    t = total(p)
print([total(p) for p in objects], objects[2].extra, objects[2].__dict__)

p = P(1, 2)
for _ in range(20):
    total(p)
del p.x
try:
    total(p)
except AttributeError as e:
    print("deleted:", e)
p.x = 10
print(total(p))
try:
    del p.nothing
except AttributeError as e:
    print(e)


def get_x(p):
    return p.x


for _ in range(20):
    get_x(p)
saved = P.x
P.x = property(lambda self: "a property")
print(get_x(p))
try:
    move(p, 1)
except Exception as e:
    print(type(e).__name__, e)
P.x = saved
print(get_x(p), total(p))
del P.x
try:
    get_x(p)
except AttributeError as e:
    print(e)
P.x = saved
print(get_x(p))


class Guarded(P):
    __slots__ = ()

    def __setattr__(self, name, value):
        print("set", name)
        super().__setattr__(name, value)

    def __getattr__(self, name):
        return "missing " + name


g = Guarded(1, 2)
for _ in range(12):
    get_x(g)
move(g, 1)
del g.x
print(get_x(g), g.other)


class Other:
    __slots__ = ("a", "x")


o = Other()
for q in (p, o, p, o):
    for _ in range(3):
        try:
            print(get_x(q), end=" ")
        except AttributeError as e:
            print(e, end=" ")
print()


def read_only(f):
    return f.__name__, f.__defaults__


def target(a, b=3):
    pass


for _ in range(12):
    r = read_only(target)
print(r)


def write(e, v):
    e.start = v


for s in (slice(1, 2), range(3)):
    for _ in range(6):
        try:
            write(s, 1)
        except AttributeError as e:
            last = str(e)
    print(last)
