"""A round that asks after a call whether the interpreter is to look up does not ask again at its end; one that may do without the
call does."""
#: unit f
#: inside AfterCall
#: lacks Poll
#: unit g
#: inside AfterCall
#: inside Poll
#: unit h
#: inside Poll
#: lacks AfterCall


def f(n):
    s = 0
    for i in range(n):
        s += len(divmod(i, 7))
    return s


def g(n):
    s = 0
    for i in range(n):
        if i & 1:
            s += len(divmod(i, 7))
    return s


def h(n):
    s = 0
    for i in range(n):
        s += i & 3
    return s


print(f(5000), g(5000), h(5000))
