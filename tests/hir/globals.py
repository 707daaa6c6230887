"""A global function is a constant as long as the keys are what they were, which is asked once; a global number is loaded
once; the number of a round of a short range becomes a word without a check."""
#: unit f
#: outside DictValue
#: lacks GuardIs
#: outside GuardField32
#: has frame 1: step
#: unit g
#: has TagInt
#: lacks BoxInt
#: lacks GuardIs

STRIDE = 3


def step(x):
    return x + STRIDE


def f(n):
    x = 0
    while x < n:
        x = step(x)
    return x


print(f(50000))


def note(i):
    print(end="")
    return i


def g(n):
    for i in range(n):
        note(i)


g(5000)
