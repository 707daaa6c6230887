"""Sums, differences and products of ints around the sizes where their representation changes."""
import hashlib


def numbers():
    edges = [0, 1, 2, 3]
    for bits in (29, 30, 31, 32, 33, 59, 60, 61, 62, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192, 193, 1000, 1535, 1536, 1537, 3000):
        edges += [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]
    x = 0x9E3779B97F4A7C15
    for _ in range(40):
        x = x * 0xD1342543DE82EF95 + 1
        edges.append(x % 2 ** (x % 700 + 1))
        x %= 2 ** 800
    return edges + [-n for n in edges]


class Sub(int):
    pass


all_numbers = numbers()
h = hashlib.sha256()
count = 0
for a in all_numbers:
    for b in all_numbers:
        s, d, p = a + b, a - b, a * b
        assert s - b == a and d + b == a and s - a == b
        assert p == 0 or (p // b == a and p % a == 0 and p // a == b)
        assert (s == 0) == (a == -b) and (d == 0) == (a == b)
        assert hash(s) == hash(b + a) and p == b * a
        h.update(b"%x %x %x;" % (s, d, p))
        count += 1
print(count, h.hexdigest())

for a in all_numbers[::7]:
    for b in (True, False, Sub(5), Sub(2 ** 100), Sub(-2 ** 64)):
        r = [a + b, b + a, a - b, b - a, a * b, b * a]
        print([type(x).__name__ for x in r], [hex(x) for x in r][-1][:40])

# What cancels becomes small again, and equal ints are equal wherever they come from.
big = 2 ** 2000 + 12345
small = big - 2 ** 2000
print(small, small == 12345, {12345: "found"}[small], small is not None, -(2 ** 63) + 2 ** 63, 2 ** 62 - 1 + 1, -2 ** 62 - 1 + 1)
f = 1
for i in range(1, 400):
    f *= i
g = f
for i in range(399, 0, -1):
    assert g % i == 0
    g //= i
print(g, hashlib.sha256(str(f).encode()).hexdigest()[:16])
a, b = 0, 1
for _ in range(3000):
    a, b = b, a + b
for _ in range(3000):
    a, b = b - a, a
print(a, b)
