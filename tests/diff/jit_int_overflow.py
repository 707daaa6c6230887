"""Hot int loops whose values leave the small range in mid-loop, and come back."""


def grow(n):
    x = 1
    for i in range(n):
        x = x * 3 + i
        if x > 2 ** 80:
            x >>= 70
    return x


def add_up(start, n):
    s = start
    for i in range(n):
        s += 1
    return s


def down(n):
    s = -2 ** 62 + n // 2
    for i in range(n):
        s -= 1
    return s


def shifts(n):
    acc = 0
    for i in range(n):
        acc ^= (1 << (i % 70)) - i
    return acc


def square(n):
    last = 0
    for i in range(n):
        v = (i * 1048577) * (i + 3)
        last = v - last
    return last


def negate(n):
    x = -2 ** 62
    c = 0
    for i in range(n):
        y = -x
        z = abs(x + i)
        c += (y + z) & 0xFFFF
    return c


def floor(n):
    t = 0
    for i in range(-n, n):
        if i:
            t += 1000003 // i + 1000003 % i
            q, r = divmod(i * 7919, -13)
            t += q ^ r
    return t


for f in (grow, shifts, square, negate, floor, down):
    print(f.__name__, f(10), f(20000))
for k in (2 ** 31, 2 ** 32, 2 ** 53, 2 ** 61, 2 ** 62, 2 ** 63, 2 ** 64):
    print(k, add_up(k - 500, 1000), add_up(-k - 500, 1000), add_up(k - 1, 1), add_up(-k - 1, 2))


def mul_edge(a, n):
    r = 0
    for i in range(n):
        r ^= a * (i - 3)
    return r


for a in (2 ** 31 - 1, 2 ** 32 + 1, 2 ** 61, -2 ** 61, 2 ** 62 - 1, -2 ** 62, 3037000500):
    print(mul_edge(a, 2000))


def collatz(limit):
    best = (0, 0)
    for s in range(1, limit):
        n, c = s, 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            c += 1
        best = max(best, (c, s))
    return best


print(collatz(2500))
