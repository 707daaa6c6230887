"""Deep recursion, RecursionError, mutual recursion, and recovery."""
import sys


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


print(depth(500))


def forever(n):
    return forever(n + 1)


try:
    forever(0)
except RecursionError as e:
    print(type(e).__name__, str(e)[:32])
print(depth(300))


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


print(even(200), odd(201), even(7))


class R:
    def __getattr__(self, name):
        return getattr(self, name + "x")


try:
    R().a
except RecursionError as e:
    print("attr", type(e).__name__)


class Rep:
    def __repr__(self):
        return repr(self)


try:
    repr(Rep())
except RecursionError:
    print("repr recursion")
lst = []
lst.append(lst)
d = {"me": lst}
d["d"] = d
print(lst, d)
t = ([],)
t[0].append(t)
print(t)


def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


print(ack(2, 6))
old = sys.getrecursionlimit()
sys.setrecursionlimit(5000)
print(depth(3000))
sys.setrecursionlimit(old)
try:
    sys.setrecursionlimit(0)
except ValueError as e:
    print(e)


def count_frames():
    try:
        return 1 + count_frames()
    except RecursionError:
        return 0


print(900 < count_frames() <= 1000)
try:
    lst == [lst] and 1
    a = []
    b = []
    a.append(b)
    b.append(a)
    a == b
except RecursionError as e:
    print(e)
