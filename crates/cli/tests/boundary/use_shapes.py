"""Uses everything in shapes.c; the output is compared with CPython's."""
import gc
import shapes
from shapes import Thing, Count


def attempt(f, *args, **kw):
    try:
        print(f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)


t = Thing(5)
print(t, Thing(value=3, other="x").other, Thing.__doc__, Thing.__text_signature__, shapes.__doc__)
print(t + 2, 2 + t, t + t, -t, bool(Thing()), t ** 2, pow(t, 2, 3), range(10)[t], hash(t))
attempt(lambda: t + "x")
attempt(lambda: "x" * t)
u = t
u += 1
print(u is t, t)
print(len(t), t[0], t[-1], 97 in t, 5 in t, list(t)[:3])
t[1] = 65
print(bytes(t), memoryview(t).tolist()[:2], shapes.sum_bytes(t), shapes.sum_bytes(b"abc"), shapes.sum_bytes(bytearray(b"ab")))
attempt(lambda: t[99])
attempt(t.__delitem__, 1)
attempt(t.__setitem__, 1, "x")
print(t == Thing(105), t < Thing(200), t != 4, t(1, a=2), t())
print(t.double, t.value, t.other)
t.double = 8
print(t.value, Thing.of_class(), Thing.of_none(3))
attempt(setattr, t, "value", "x")
attempt(lambda: t.fixed)
attempt(setattr, t, "fixed", 1)
attempt(lambda: t.missing)
attempt(Thing, 1, 2, 3)
attempt(Thing, bad=1)
attempt(Thing, "x")


class Sub(Thing):
    def __repr__(self):
        return "Sub<%s>" % super().__repr__()

    def __len__(self):
        return 3

    def __add__(self, other):
        return "added"


s = Sub(7)
s.extra = 1
print(s, len(s), s + 1, 1 + s, s.extra, isinstance(s, Thing), Sub.__mro__, s.double, s[0])
print(list(Count(3)), sum(Count(10)), Count(1).defined_in(1, 2, k=3))


class Down(Count):
    def __next__(self):
        return super().__next__() * 10


print(list(Down(2)), Down(1).defined_in())
attempt(Count)
print(shapes.squares(5))
for l in ([], [1], [1, "a", 2.5], list(range(6)), [[1], [2]]):
    shapes.rotate(l)
    l.append("py")
    shapes.rotate(l)
    print(l, len(l))
print(shapes.through([1, 2, 3], lambda l: l.append(9)), shapes.through([1, 2, 3], lambda l: l.clear()))
print(shapes.through([5], lambda l: l.sort()), shapes.through([3, 1, 2], list.sort))
attempt(shapes.through, (), None)
print(shapes.invert({"a": 1, "b": 2.5, 3: "c"}))
attempt(shapes.invert, {"a": []})
d = {1: 2}
print(shapes.version(d, lambda d: None), shapes.version(d, lambda d: d.update(x=1)), shapes.version(d, dict.clear))


def fail():
    raise KeyError("k")


print(shapes.catch(fail, LookupError))
attempt(shapes.catch, fail, ValueError)
print(shapes.catch(lambda: 3, ValueError), issubclass(shapes.Error, ValueError), shapes.Error("x"))
for text in ("", "abc", "h\xe9", "\u20ac5", "\U0001f600"):
    print(shapes.chars(text))
print(shapes.kinds(1, 2.5, "s", (t,), 255, 7, []))
for args in [(), (1, 2, 3), ("x", 1, "s", (1,), 1), (1, "d", "s", (1,), 1), (1, 1, b"s", (1,), 1), (1, 1, "s", 1, 1), (1, 1, "s", (1, 2), 1), (1, 1, "s", (1,), 256), (2**40, 1, "s", (1,), 1), (1, 1, "a\0b", (1,), 1)]:
    attempt(shapes.kinds, *args)
print(shapes.capsule())
x = object()
print(shapes.same(x) is x, shapes.same(Thing) is Thing, shapes.same(s) is s, shapes.same(None) is None)
big = 10 ** 50
print(shapes.same(big) == big, shapes.same(-(2 ** 64)), shapes.same(1.5), shapes.same((1, (2, [3]))))
before = shapes.deaths()
for _ in range(1000):
    a = Thing(1)
    a.other = Thing(2, a)
    a = None
gc.collect()
gc.collect()
print(shapes.deaths() - before > 1900)


def inner(n):
    return len([n])


def heard():
    inner(1)
    [].append(2)
    return inner(2)


def failing():
    raise KeyError(sys.getprofile())


def many():
    for i in range(40):
        inner(i)


for f in (heard, failing, many):
    print(f.__name__, shapes.listen(f, False), sys.getprofile())
    print(f.__name__, shapes.listen(f, True), sys.gettrace())
