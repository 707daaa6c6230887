"""Module globals and builtins changed while a hot loop uses them."""
import builtins

K = 1


def helper(x):
    return x + K


def loop(n):
    global K, helper
    s = 0
    for i in range(n):
        s += helper(i) * K
        if i == n // 3:
            K = 3
        if i == n // 2:
            helper = lambda x: x - K
        if i == n - 100:
            K = 0.5
    return s


print(loop(30000), K)


def shadow(n):
    s = 0
    for i in range(n):
        s += len("abc")
        if i == n // 2:
            globals()["len"] = lambda x: 100
        if i == n - 10:
            del globals()["len"]
    return s


print(shadow(10000), len("abc"))


def patch(n):
    s = 0
    orig = builtins.abs
    try:
        for i in range(n):
            s += abs(-1)
            if i == n // 2:
                builtins.abs = lambda x: 7
    finally:
        builtins.abs = orig
    return s


print(patch(10000), abs(-1))


def via_dict(n):
    g = globals()
    s = 0
    for i in range(n):
        s += COUNTER
        if i % 1000 == 0:
            g["COUNTER"] = i
    return s


COUNTER = 0
print(via_dict(10000))


def missing(n):
    c = 0
    for i in range(n):
        if i == n - 5:
            del globals()["COUNTER"]
        c += COUNTER * 0 + 1
    return c


try:
    missing(5000)
except NameError as e:
    print(e)


def via_exec(n):
    s = 0
    for i in range(n):
        if i == n // 2:
            exec("K = 1000", globals())
        s += K
    return s


print(via_exec(4000))


def modattr(n):
    import math
    old = math.floor
    s = 0
    try:
        for i in range(n):
            s += math.floor(2.5)
            if i == n // 2:
                math.floor = lambda x: -1
    finally:
        math.floor = old
    return s


print(modattr(6000))


def counter(n):
    global TICKS
    TICKS = 0
    for _ in range(n):
        TICKS += 1
        tick()
    return TICKS


def tick():
    global TICKS
    TICKS += 2


print(counter(20000))
