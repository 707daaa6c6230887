"""Objects that stand between the types: what both `inc/check.py` and `toolkit/property.py` pass to functions."""


class Index:
    def __index__(self):
        return 41


class BadIndex:
    def __index__(self):
        raise KeyError("no index today")


class LyingIndex:
    def __index__(self):
        return "7"


class AsFloat:
    """A real number by its __float__."""

    def __float__(self):
        return 2.25


class BadFloat:
    def __float__(self):
        raise KeyError("no float today")


class Int(int):
    pass


class Float(float):
    pass


def call0(f):
    return f()


def call1(f, a):
    return f(a)


def call2(f, a, b):
    return f(a, b)


def call3(f, a, b, c):
    return f(a, b, c)


# A call of its own for each number of arguments, as compiled code would have.
CALLS = (call0, call1, call2, call3)
