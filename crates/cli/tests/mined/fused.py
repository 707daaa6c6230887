"""Calls of fused functions: the specialisation is the dispatcher's choice, whoever calls, and however often."""
import sys

sys.path.insert(0, ".")
import shapes


class Int(int):
    pass


class Float(float):
    pass


class Index:
    def __index__(self):
        return 3


VALUES = (0, -5, 2 ** 31, 2 ** 40, 2 ** 63, -2 ** 63, 2 ** 70, 1.5, -0.0, 1e300, float("nan"), float("inf"), True, False, None,
          "a", 1j, Int(7), Float(2.5), Index())


def show(f, *args, **keywords):
    try:
        result = f(*args, **keywords)
        return "%s %r" % (type(result).__name__, result)
    except Exception as e:
        return "%s %s" % (type(e).__name__, e)


def often(f, pairs, n):
    """Sums by the pair, and the types of the results, of a call site that sees all pairs."""
    sums, types = [0] * len(pairs), set()
    for _ in range(n):
        for i, (x, y) in enumerate(pairs):
            r = f(x, y)
            sums[i] += r
            types.add((i, type(r).__name__))
    return sums, sorted(types)


def counted(f, n):
    """A call site that sees ints of the loop, and then floats."""
    total = 0
    for i in range(n):
        total += f(i if i < n // 2 else i / 2, 2.0)
    return total, type(total).__name__


def failing(n):
    caught = 0
    for i in range(n):
        try:
            shapes.scaled(i, 13.0 if i % 100 == 0 else 2.0)
        except ValueError:
            caught += 1
    return caught


for f in (shapes.larger, shapes.scaled):
    for x in VALUES:
        for y in VALUES:
            print(f.__name__, show(f, x, y))
    print(show(f), show(f, 1), show(f, 1, 2, 3), show(f, 1, b=2), show(f, a=1, b=2), show(f, 1.5, by=2))
    print(often(f, [(1, 2), (1.5, 2.5), (2.5, 1)], 3000))
    print(often(f, [(1, 2)], 3000), often(f, [(1.5, 2.5)], 3000), often(f, [(True, 2)], 3000))
    print(counted(f, 6000))
print(failing(3000))
