"""Big integers: factorials, fibonacci, division, roots, base conversion, digests of long results."""
import math


def digest(n):
    s = str(n)
    return f"{s[:12]}..{s[-12:]}({len(s)})" if len(s) > 30 else s


f = 1
for i in range(1, 301):
    f *= i
print(digest(f), digest(f // 2 ** 200), f % 1000000007, f.bit_length())
a, b = 0, 1
for _ in range(1000):
    a, b = b, a + b
print(digest(a), a % 97, math.gcd(a, f), digest(math.lcm(a, 12345)))
x = 3 ** 500
y = 7 ** 211 + 13
q, r = divmod(x, y)
print(q * y + r == x, 0 <= r < y, digest(q), digest(r))
q, r = divmod(-x, y)
print(q * y + r == -x, 0 <= r < y, digest(q), digest(r))
q, r = divmod(x, -y)
print(q * -y + r == x, -y < r <= 0)
print(digest(x * x - y * y), (x + y) * (x - y) == x * x - y * y)
print(math.isqrt(10 ** 60 + 12345), math.isqrt(x) ** 2 <= x < (math.isqrt(x) + 1) ** 2)
print(pow(3, 10 ** 20, 10 ** 9 + 7), pow(x, y, 2 ** 127 - 1), pow(12345, -1, 2 ** 127 - 1))
for n in (x, -x, 2 ** 200 - 1, -2 ** 64, 2 ** 63, -2 ** 63 - 1):
    assert int(str(n)) == n and int(hex(n), 16) == n and int(bin(n), 2) == n and int(oct(n), 8) == n
    print(digest(n & 0xFFFFFFFFFFFFFFFFFFFF), digest(n | 1 << 90), digest(n ^ (1 << 65)), digest(n >> 33), digest(n << 33), digest(~n))
print(-2 ** 70 & 2 ** 65 - 1, -2 ** 70 | 5, -5 & -2 ** 70, -5 ^ 2 ** 80, (-2 ** 70) >> 69, (-2 ** 70 - 1) >> 69)
print(float(2 ** 70), float(10 ** 22), float(10 ** 23), 2 ** 1023 * 1.0, (2 ** 70 + 1) / 2 ** 70, 10 ** 50 / 7 ** 20)
print(hash(3 ** 500), hash(-3 ** 500), hash(f), 2 ** 64 == 2.0 ** 64, 2 ** 64 + 1 == 2.0 ** 64)
print(sorted([2 ** 70, -2 ** 70, 5, 2 ** 63, 2.0 ** 66, -1]), max(2 ** 80, 2 ** 80 + 1), min(-2 ** 90, 5.5))
print(f"{2**130:x} {2**130:o} {2**130:,} {2**130:e} {2**130:>50} {-2**130:_}")
print((2 ** 200).to_bytes(26, "big"), int.from_bytes(bytes(range(20)), "little"))
for bad in ("float(10 ** 400)", "(2 ** 70).to_bytes(4, 'big')", "(-1).to_bytes(4, 'big')", "[0][2 ** 70]", "'a' * 2 ** 70", "range(3)[2 ** 70]", "len(range(2 ** 70))", "1 << 2 ** 70", "math.sqrt(-1)", "chr(2 ** 40)", "2 ** 1024 * 1.0"):
    try:
        print(eval(bad))
    except Exception as e:
        print(bad, type(e).__name__, e)
s = 0
for k in range(60, 68):
    for d in (-1, 0, 1):
        v = 2 ** k + d
        s = (s * 31 + v * v - v // 3 + (v ^ s)) % (2 ** 89 - 1)
print(s)
