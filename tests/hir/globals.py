"""A global function is a constant behind a guard that is asked once; a global number is loaded once."""
#: unit f
#: outside DictValue
#: outside GuardIs
#: outside GuardField32
#: has frame 1: step

STRIDE = 3


def step(x):
    return x + STRIDE


def f(n):
    x = 0
    while x < n:
        x = step(x)
    return x


print(f(50000))
