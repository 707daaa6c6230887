"""Numbers of rounds as objects, at and beyond the bounds of those that have immediate words."""
EDGE = 1 << 62
seen = []


def keep(i):
    if len(seen) < 6 or i % 1000 == 0:
        seen.append(i)
    return None


def over(r):
    seen.clear()
    last = None
    for i in r:
        keep(i)
        last = i
    return last, len(seen), seen[:6], seen[-1:], [type(i) for i in seen[:1]]


for start in (0, -5, EDGE - 3000, EDGE - 1500, EDGE, -EDGE - 2000, -EDGE, 2 * EDGE - 3001, -2 * EDGE):
    print(start, over(range(start, start + 3000)), over(range(start, start + 30000, 10)))
    print(start, over(range(start + 2999, start - 1, -1)), over(range(start + 2990, start - 10, -10)))


def endless(r, n):
    total = 0
    for i in r:
        keep(i)
        total += i
        if total > n:
            break
    return total, i


# Compiled for a short range, used for long ones and the other way round.
for stop in (5000, EDGE, 2 * EDGE - 1, 2 * EDGE, 4 * EDGE, 5000):
    print(stop, endless(range(stop), 10_000_000), endless(range(1, stop, 2), 10_000_000))


def lists(n):
    out = [0] * 4
    for i in range(n, n + 4000):
        out[i & 3] = i
    return out


print(lists(0), lists(EDGE - 2000), lists(-EDGE - 2000), lists(EDGE + 5))


def nested(a, b):
    pairs = []
    for i in range(a, a + 60):
        for j in range(b, b + 60):
            keep(i)
            pairs.append((i, j)) if i - a == j - b else None
    return pairs[0], pairs[-1], len(pairs)


print(nested(0, 0), nested(EDGE - 30, -EDGE - 30), nested(0, EDGE - 1))
