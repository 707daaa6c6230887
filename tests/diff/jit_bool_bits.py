"""Booleans, bit operations, comparisons of mixed kinds and hashing loops under heat."""


def bools(n):
    t = f = 0
    flag = False
    for i in range(n):
        flag = not flag
        x = flag & (i > 5)
        y = flag | (i % 3 == 0)
        z = flag ^ True
        t += x + y
        f += z - (x is True) + (y is False)
        if flag and not z or i == 7:
            t += True
    return t, f, type(x).__name__, type(z).__name__


print(bools(20000))


def fnv(n):
    h = 0xcbf29ce484222325
    for i in range(n):
        h ^= i & 0xff
        h = h * 0x100000001b3 & 0xffffffffffffffff
    return hex(h)


print(fnv(20000))


def xorshift(n):
    x = 88172645463325252
    c = 0
    for _ in range(n):
        x ^= x << 13 & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= x << 17 & 0xFFFFFFFFFFFFFFFF
        c += x & 1
    return x, c


print(xorshift(10000))


def bits(n):
    c = 0
    for i in range(-n, n):
        v = i & 0xFF | (i << 3) ^ ~i
        c += bin(v & 0xFFFF).count("1") + (v >> 2) % 5 + (v >> 64) + (-v << 2)
    return c


print(bits(5000))


def shift_var(n):
    t = 0
    errs = 0
    for i in range(n):
        s = i % 70
        try:
            t ^= (3 << s) >> (s // 2)
            t += (-1 >> s) + (1 << (5 - i % 7))
        except ValueError:
            errs += 1
    return t, errs


print(shift_var(7000))


def modpow(b, e, m):
    r = 1
    while e:
        if e & 1:
            r = r * b % m
        b = b * b % m
        e >>= 1
    return r


print(modpow(3, 10 ** 18, 10 ** 9 + 7), modpow(5, 2 ** 200, 2 ** 61 - 1), sum(modpow(i, 1000, 10007) for i in range(300)))


def gcd_loop(n):
    s = 0
    for i in range(1, n):
        a, b = i * 12, 360
        while b:
            a, b = b, a % b
        s += a
    return s


print(gcd_loop(8000))


def neg_mod(n):
    s = 0
    for i in range(-n, n):
        s += i % 7 - i % -7 + i // 7 * 3 - i // -7
        s += (i * i) % 1000 - (-i * i) % 1000
    return s


print(neg_mod(10000))


def cmp_mixed(n):
    c = 0
    for i in range(n):
        c += (i < 2.5) + (i == float(i)) + (True < i) + (2 ** 64 > i) + (i != "x") + (i == None) + (-1.5 < i <= 10.0)
    return c


print(cmp_mixed(10000))


def popcnt_table(n):
    table = [0] * 256
    for i in range(256):
        table[i] = (i & 1) + table[i // 2]
    s = 0
    for i in range(n):
        s += table[i & 255] + table[i >> 8 & 255]
    return s


print(popcnt_table(30000))
