"""Objects that escape or do not, locals(), del in loops, identity and aliasing in hot code."""


class Pt:
    def __init__(self, x, y):
        self.x, self.y = x, y


def scalar(n):
    s = 0
    for i in range(n):
        p = Pt(i, i + 1)
        q = Pt(p.y, p.x)
        s += p.x * q.x - q.y
    return s


print(scalar(15000))


def escapes(n):
    kept = []
    for i in range(n):
        p = Pt(i, -i)
        p.x += 1
        if i % 1000 == 500:
            kept.append(p)
            p.y = 99
    return [(p.x, p.y) for p in kept]


print(escapes(5000))


def alias(n):
    a = b = Pt(0, 0)
    c = Pt(0, 0)
    for i in range(n):
        a.x += 1
        b.x += 1
        c.x = a.x + b.x
        if i == n // 2:
            c = a
    return a.x, b.x, c.x, c is a


print(alias(5000))


def locs(n):
    total = 0
    for i in range(n):
        total += i
        if i % 2500 == 2499:
            d = dict(locals())
            print(sorted(k for k in d), d["total"], d["i"])
    return total


print(locs(5000))


def deletes(n):
    c = 0
    for i in range(n):
        t = (i, i)
        u = t[0]
        del t
        try:
            t
        except UnboundLocalError:
            c += 1
        c += u & 1
        del u
    return c


print(deletes(5000))


def ident(n):
    objs = [object(), object()]
    c = 0
    for i in range(n):
        o = objs[i & 1]
        c += (o is objs[0]) + (o is not objs[1]) + (o == objs[0]) + (None is not o)
    return c


print(ident(10000))


def chain_compare(n):
    c = 0
    for i in range(n):
        if 10 < i % 100 <= 50 < 60:
            c += 1
        if i == i % 1000 == i % 100:
            c += 1
        c += (i > 5 and i < 10 or i % 500 == 0) and 1
    return c


print(chain_compare(20000))


def linked(n):
    head = None
    for i in range(n):
        head = (i, head)
    s = 0
    while head:
        v, head = head
        s = s * 3 % 1000003 + v
    return s


print(linked(20000))


def swap_loop(n):
    a, b, c = 1, 2.5, "s"
    log = set()
    for i in range(n):
        a, b, c = c, a, b
        log.add(tuple(type(v).__name__ for v in (a, b, c)))
    return a, b, c, sorted(log)


print(swap_loop(10000))


def walrus(n):
    s = 0
    i = 0
    while (j := i * 2) < n:
        s += j
        i += 1 if (k := j % 3) else 2
        s ^= k
    return s, i, j, k


print(walrus(20000))


def gc_heavy(n):
    live = [None] * 64
    for i in range(n):
        live[i * 31 % 64] = [i, str(i), (i, float(i)), {i: [i]}]
    return sum(x[0] + len(x[1]) + x[2][0] + x[3][x[0]][0] for x in live)


print(gc_heavy(15000))
