"""List, tuple, dict, string and bytes operations in hot loops, with representation changes."""


def sieve(n):
    flags = [True] * n
    flags[0] = flags[1] = False
    i = 2
    while i * i < n:
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
        i += 1
    return sum(flags)


print(sieve(60000))


def transitions(n):
    lst = []
    for i in range(n):
        lst.append(i)
    a = sum(lst)
    lst[n // 2] = 0.5
    b = 0
    for x in lst:
        b += x
    lst[0] = "str"
    c = 0
    for i in range(len(lst)):
        if isinstance(lst[i], str):
            c += len(lst[i])
        else:
            c += lst[i]
    lst.append(2 ** 70)
    lst[1] = None
    return a, b, c, lst[:3], lst[-2:]


print(transitions(5000))


def negidx(n):
    v = [1.0, 2.0, 3.0]
    s = 0.0
    for i in range(n):
        s += v[-1 - i % 3] * v[i % 3]
        v[i % 3] += 0.001
        v[-(i % 3) - 1] -= 0.001
    return round(s, 6), [round(x, 6) for x in v]


print(negidx(20000))


def bounds(n):
    v = list(range(100))
    hits = 0
    for i in range(n):
        try:
            hits += v[i % 103 - 1]
        except IndexError:
            hits -= 1
    return hits


print(bounds(20000))


def matmul(n):
    a = [[i * j % 7 for j in range(n)] for i in range(n)]
    b = [[(i + j) % 5 for j in range(n)] for i in range(n)]
    c = [[0] * n for _ in range(n)]
    for i in range(n):
        ai, ci = a[i], c[i]
        for j in range(n):
            s = 0
            for k in range(n):
                s += ai[k] * b[k][j]
            ci[j] = s
    return sum(map(sum, c)), c[3][4]


print(matmul(40))


def dicts(n):
    d = {}
    for i in range(n):
        k = i * 7 % 101
        d[k] = d.get(k, 0) + 1
        if k in d and k % 10 == 0:
            del d[k]
    s = {}
    for w in ("the quick brown the lazy dog the end " * (n // 100)).split():
        s[w] = s.get(w, 0) + 1
    return len(d), sum(d.values()), s


print(dicts(20000))


def strings(n):
    out = []
    s = "abcdefghij"
    vow = 0
    for i in range(n):
        ch = s[i % 10]
        if ch in "aei":
            vow += 1
        elif ch == "j" or ch > "h":
            out.append(ch)
        vow += ord(ch) & 1
    b = bytearray(256)
    for i in range(n):
        b[i & 255] = (b[i & 255] + i) & 255
    return vow, len("".join(out)), sum(b), bytes(b[:8])


print(strings(20000))


def tuples(n):
    a, b, c = 0, 1, 2
    t = (1, 2.5, "x")
    s = 0
    for i in range(n):
        a, b, c = b, c, (a + i) % 1009
        x, y, _ = t
        s += x + y + len((a, b))
        if (a, b) == (b, a):
            s += 1
    return a, b, c, s


print(tuples(20000))


def slices(n):
    v = list(range(50))
    t = 0
    for i in range(n):
        t += sum(v[i % 10:i % 10 + 5]) + v[::-1][i % 50] + len(v[5:i % 7])
        v[i % 49:i % 49 + 2] = v[i % 49:i % 49 + 2][::-1]
    return t, sorted(v) == list(range(50)), v[:5]


print(slices(3000))


def bubble(v):
    for i in range(len(v)):
        for j in range(len(v) - 1 - i):
            if v[j] > v[j + 1]:
                v[j], v[j + 1] = v[j + 1], v[j]
    return v


print(bubble([i * 7919 % 211 for i in range(150)])[::30], bubble([i * 0.37 % 1 for i in range(60)])[:2], bubble(list("hotloop")))
