"""Loops over ranges at the edges: empty, negative, huge steps, loop variables reassigned, mutated bounds."""


def span(*args):
    c = s = 0
    last = None
    for i in range(*args):
        c += 1
        s += i
        last = i
    return c, s, last


for _ in range(300):
    span(20)
for args in ((0,), (-5,), (5, 5), (5, 0, -1), (0, 10, 3), (10, 0, -3), (0, -10, -4), (2 ** 62 - 3, 2 ** 62 + 3), (-2 ** 62 + 2, -2 ** 62 - 3, -1), (2 ** 63 - 2, 2 ** 63 + 2), (0, 2 ** 63, 2 ** 61), (2 ** 70, 2 ** 70 + 3), (0, 10 ** 30, 10 ** 29), (True, 4), (-2 ** 63, -2 ** 63 + 2), (2 ** 61, 2 ** 62 + 1, 2 ** 60), (1, 100000)):
    print(args, span(*args))


def reassign(n):
    out = 0
    for i in range(n):
        i *= 2
        out += i
        n = 0
    return out, i, n


print(reassign(5000))


def after(n):
    for i in range(n):
        pass
    else:
        i = (i, "else")
    return i


print(after(5000))


def nothing(n):
    for k in range(n):
        pass
    try:
        return k
    except UnboundLocalError as e:
        return str(e)


print(nothing(1000), nothing(0))


def nested(n):
    c = 0
    for i in range(n):
        for j in range(i, n, 3):
            for k in range(j, i, -7):
                c += i ^ j ^ k
            if j > n - 2:
                break
        else:
            c += 1
            continue
        c -= 1
    return c


print(nested(60))


def whiles(n):
    i, c = n, 0
    while i:
        i -= 1
        if i % 3:
            continue
        c += i
        if c > 10 ** 7:
            break
    else:
        c = -c
    return i, c


print(whiles(3000), whiles(50000))


def shrinking(n):
    lst = list(range(n))
    s = 0
    for x in lst:
        s += x
        if x % 2:
            lst.pop()
    return s, len(lst)


print(shrinking(5000))


def growing(n):
    lst = [0]
    for x in lst:
        if len(lst) < n:
            lst.append(x + 1)
    return len(lst), lst[-1]


print(growing(5000))


def shared(n):
    it = iter(range(n))
    s = 0
    for a in it:
        s += a - next(it, 0)
    return s


print(shared(9999))


def stepvar(n):
    t = 0
    for step in (1, 2, 3, -1, -2):
        r = range(0, n, step) if step > 0 else range(n, 0, step)
        for v in r:
            t = (t * 31 + v) % 1000003
    return t


print(stepvar(8000))


def rangeargs(n):
    class Ix:
        def __index__(self):
            return n
    return sum(1 for _ in range(Ix())), [x for x in range(n)][-1], list(range(n))[n // 2], n - 1 in range(n), n in range(n)


print(rangeargs(4000))
