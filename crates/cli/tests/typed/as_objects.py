"""Numbers that compiled code passes where objects are wanted; printed for a comparison of runtimes."""
import gc
import math
import struct

from numobjs import all as take, around, first, hold, keep, pair, same, value

INTS = [0, 1, -1, -5, -6, 256, 257, 2**30 - 1, 2**30, -(2**30), 2**31, 2**60 - 1, 2**60, -(2**60), 2**62 - 1, -(2**62)]
BIG = [2**62, 2**63 - 1, -(2**63), 2**64, 10**30]
FLOATS = [0.0, -0.0, 1.5, -2.25, 1e308, 5e-324, math.inf, -math.inf]


def invariant(x, n):
    s = 0.0
    for _ in range(n):
        s = value(x)
    return s


def varying(start, step, n):
    """Every number is another, the small ones among them."""
    s = 0.0
    x = start
    for _ in range(n):
        s += value(x)
        x += step
    return s


for x in INTS + BIG:
    print(x, invariant(x, 500), invariant(float(x), 500))
for x in FLOATS:
    print(x, struct.pack("d", invariant(x, 500)).hex())
print(math.isnan(invariant(math.nan, 500)))
print(varying(-300, 1, 900), varying(2**30 - 300, 1, 900), varying(2**60 - 300, 1, 900), varying(-(2**30) - 300, 1, 900))
print(varying(-1.5, 0.25, 900), varying(2**62 - 300, 1, 600))


def kept(start, step, n):
    """What C keeps stays what it is, whatever is passed at that place afterwards."""
    x = start
    for _ in range(n):
        keep(x)
        keep(x)
        x += step
    return take()


for start, step in [(0, 1), (2**30 - 50, 1), (1.5, 0.5), (-400, 3)]:
    got = kept(start, step, 700)
    want = [start + step * (i // 2) for i in range(1400)]
    print(len(got), got == want, [type(x).__name__ for x in got[:2]])
    del got, want
    gc.collect()


def identities(n):
    small = large = 0
    for i in range(n):
        small += same(i & 127, i & 127)
        large += same(i, i) >= (i < 257)
    return small, large


print(identities(600))


def nested(depth, x, step):
    """The same place with another number while a call is under way."""
    out = []
    for i in range(4):
        y = x + step * i

        def other(y=y):
            if depth:
                out.append(nested(depth - 1, y + 1000, step))
            keep(y)

        out.append(around(y, other))
        out.append(around(y, lambda: None))
    return out


for x, step in [(12345, 7), (100, 50), (2**31, 1), (0.5, 1.25)]:
    for _ in range(12):
        got = nested(3, x, step)
    print(got[-2:], repr(got).__hash__() == repr(nested(3, x, step)).__hash__(), sorted(set(take()))[:5])


def raising(n):
    caught = 0
    total = 0.0
    for i in range(n):
        def fail():
            if i % 3 == 0:
                raise ValueError(i)
        try:
            total += around(i * 1000, fail)
        except ValueError as e:
            caught += e.args[0]
    return caught, total


print(raising(600))


def pairs(n):
    last = None
    for i in range(n):
        last = pair(i, i + 0.5)
        assert last == (i, i + 0.5), last
        last = pair(last, i)
    return last


print(pairs(900))


def hold_loop(n):
    """A place whose number C holds all the while, and the same number again."""
    keep(0)
    s = 0.0
    for i in range(n):
        y = 70000 + i // 10
        keep(y)
        s += value(y) + around(y, gc.isenabled)
    held = take()
    return s, held[1] == 70000, held[-1], sum(held)


print(hold_loop(1000), hold_loop(1000))


def lists(n):
    """What a program does to a list that C holds is seen by the next call, and other calls do not ask for nothing."""
    items = [7]
    hold(items)
    s = 0
    for i in range(n):
        items[0] = i
        s += first()
        s += first()
        if i % 50 == 0:
            items.append(i)
    for i in range(n):
        s += first()
    for i in range(n):
        s += first()
        items[0] = i
    return s, len(items), first()


print(lists(1500), lists(4000))
