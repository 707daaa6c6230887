"""Generators, comprehensions and yield from inside hot loops."""


def naturals(n):
    i = 0
    while i < n:
        yield i
        i += 1


def evens(src):
    for x in src:
        if x % 2 == 0:
            yield x


def squares(src):
    for x in src:
        yield x * x


print(sum(squares(evens(naturals(20000)))))


def echo():
    total = 0
    while True:
        x = yield total
        if x is None:
            return total
        total += x


def drive(n):
    g = echo()
    next(g)
    r = 0
    for i in range(n):
        r = g.send(i)
    try:
        g.send(None)
    except StopIteration as e:
        return r, e.value


print(drive(15000))


def tree(d):
    if d:
        yield from tree(d - 1)
        yield d
        yield from tree(d - 1)


print(sum(tree(12)), sum(1 for _ in tree(11)))


def thrower(n):
    def g():
        c = 0
        while True:
            try:
                yield c
            except ValueError:
                c += 100
            else:
                c += 1
    it = g()
    next(it)
    for i in range(n):
        if i % 10 == 9:
            it.throw(ValueError)
        else:
            next(it)
    return next(it)


print(thrower(10000))


def comps(n):
    t = 0
    for i in range(n):
        t += sum([j * i for j in range(5)]) + len({k % 3 for k in range(i % 7)}) + sum({m: m for m in range(3)}.values())
    return t


print(comps(3000))


def early(n):
    c = 0
    for i in range(n):
        for x in naturals(100):
            if x == i % 7:
                break
            c += x
        c += next((y for y in range(10) if y * y > i % 50), -1)
        c += any(z == 3 for z in naturals(5))
    return c


print(early(3000))


def cleanup(log):
    try:
        for i in range(3):
            yield i
    finally:
        log.append(1)


def closers(n):
    log = []
    for i in range(n):
        g = cleanup(log)
        next(g)
        g.close()
    return len(log)


print(closers(3000))


def zipped(n):
    s = 0
    for a, (b, c) in enumerate(zip(naturals(n), reversed(range(n)))):
        s += a * b - c
    for k, v in {i: i * 2 for i in range(n)}.items():
        s += k ^ v
    for x in map(lambda q: q + 1, filter(lambda q: q & 1, range(n))):
        s -= x
    return s


print(zipped(10000))


async def anum(n):
    for i in range(n):
        yield i


async def acount(n):
    s = 0
    async for x in anum(n):
        s += x
    return s


try:
    acount(10000).send(None)
except StopIteration as e:
    print(e.value)
