"""The type of a variable, argument, element or attribute changes in mid-loop."""


def add_all(items):
    acc = items[0]
    for x in items[1:]:
        acc = acc + x
    return acc


ints = list(range(3000))
print(add_all(ints))
print(add_all(ints + [0.5] + ints), add_all([1.5] * 2000 + [2 ** 70]), add_all(["a"] * 50 + ["b"]), add_all([[1]] * 20)[:3])
print(add_all([True] * 1000 + [1j]))


class Num:
    def __init__(self, v):
        self.v = v

    def __add__(self, o):
        return Num(self.v + (o.v if isinstance(o, Num) else o))

    def __radd__(self, o):
        return Num(self.v + o)


print(add_all(ints + [Num(5)] + ints).v)


def switch(n):
    x = 0
    log = []
    for i in range(n):
        x = x + 1
        if i == n // 4:
            x = float(x)
        elif i == n // 2:
            x = complex(x)
        elif i == 3 * n // 4:
            x = int(x.real)
        if i % (n // 8) == 0:
            log.append(type(x).__name__)
    return x, log


print(switch(40000))


def double(x):
    return x + x


def calls(n):
    r = None
    out = []
    for i in range(n):
        r = double(i)
        if i % 5000 == 4999:
            out.append([double(v) for v in (1.5, "s", [0], (1,), 2 ** 62, True)])
    return r, out


print(calls(20000))


class A:
    def __init__(self, v):
        self.v = v


class B:
    def __init__(self, v):
        self.w = 0
        self.v = v


def attrs(n):
    objs = [A(1)] * 10
    s = 0
    for i in range(n):
        o = objs[i % len(objs)]
        s += o.v
        if i == n // 2:
            objs[3] = B(10)
        if i == n - 50:
            objs[4] = A(0.25)
    return s


print(attrs(20000))


def container(n):
    seq = [1, 2, 3]
    s = 0
    for i in range(n):
        s += seq[i % 3]
        if i == n // 3:
            seq = (4, 5, 6)
        elif i == n // 2:
            seq = {0: 7, 1: 8, 2: 9}
        elif i == 2 * n // 3:
            seq = b"\x01\x02\x03"
    return s


print(container(30000))


def none_then(n):
    last = None
    c = 0
    for i in range(n):
        if last is None:
            c += 1
        elif last > i:
            c += 100
        last = i if i % 100 else None
    return c


print(none_then(30000))


def truthy(n):
    vals = [0, 1, 0.0, 2.5, "", "x", [], [0], None, True]
    c = 0
    for i in range(n):
        if vals[(i if i < n // 2 else i * 7) % 10]:
            c += 1
        c += not vals[i % 2]
    return c


print(truthy(30000))
