"""yield from: delegation to generators and plain iterators, send/throw/close forwarding, return values, re-entry errors."""


class Plain:
    def __init__(self, items):
        self.it = iter(items)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.it)


class Full(Plain):
    def send(self, v):
        print("send", v)
        return next(self.it)

    def throw(self, *a):
        print("throw", [getattr(x, "__name__", x) for x in a][:1])
        return "thrown"

    def close(self):
        print("close")


def delegate(x):
    r = yield from x
    return ("returned", r)


def pump(g, *sends):
    out = []
    try:
        out.append(next(g))
        for s in sends:
            out.append(g.send(s))
    except (StopIteration, AttributeError) as e:
        out.append(repr(e))
    return out


print(pump(delegate([1, 2]), None, None), pump(delegate(Plain([1, 2])), "x"), pump(delegate(Full([1, 2, 3])), "a", "b", "c"))
g = delegate(Full([1, 2]))
next(g)
print(g.throw(ValueError("v")))
g.close()
g = delegate(Plain([1, 2]))
next(g)
try:
    g.throw(ValueError("no throw method"))
except ValueError as e:
    print(e)


def inner():
    try:
        got = yield 1
        print("inner got", got)
        yield 2
    except KeyError as e:
        print("inner caught", e)
        return "after catch"
    finally:
        print("inner finally")
    return "normal"


def outer():
    v = yield from inner()
    print("v =", v)
    w = yield from inner()
    return v, w


print(pump(outer(), "s", None, None, None, None))
g = outer()
next(g)
print(g.throw(KeyError("k")))
g.close()


def chain(n):
    if n:
        r = yield from chain(n - 1)
        return r + 1
    yield "deep"
    return 0


print(pump(delegate(chain(50)), None))


def gi():
    yield


g = delegate(gi())
next(g)
print(g.gi_yieldfrom.__name__, g.gi_suspended if hasattr(g, "gi_suspended") else "")
for bad in (5, None):
    try:
        next(delegate(bad))
    except TypeError as e:
        print(e)


def cyc():
    yield from me


me = cyc()
try:
    next(me)
except ValueError as e:
    print(e)


def stop_value():
    try:
        raise StopIteration("raised by hand")
        yield
    except StopIteration as e:
        yield e.value
    return [1, 2]


print(pump(delegate(stop_value()), None))


def flatten(x):
    for e in x:
        if isinstance(e, list):
            yield from flatten(e)
        else:
            yield e


print(list(flatten([1, [2, [3, [4]], 5], [[[]]]])))
