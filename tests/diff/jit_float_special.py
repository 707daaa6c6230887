"""Hot float loops with NaN, infinities, negative zero and int/float mixing."""
import math


def loop(values, n):
    pos = neg = nan = zero = 0
    s = 0.0
    for i in range(n):
        v = values[i % len(values)]
        w = v * 0.5
        if w > 0:
            pos += 1
        elif w < 0:
            neg += 1
        elif w == 0:
            zero += 1
            s += math.copysign(1.0, w)
        else:
            nan += 1
    return pos, neg, zero, nan, s


inf, nan = float("inf"), float("nan")
print(loop([1.0, -1.0, 0.0, -0.0, nan, inf, -inf], 70000))


def newton(n):
    x = 100.0
    for i in range(n):
        x = x - (x * x - 2.0) / (2.0 * x) * 0.01
    return x


print(newton(50000))


def mixed(n):
    s = 0
    for i in range(n):
        if i == n // 2:
            s = s + 0.5
        s = s + i
    return s


print(mixed(30001), mixed(10))


def negzero(n):
    z = -0.0
    signs = 0
    for i in range(n):
        y = z * (i % 3 - 1)
        signs += 1 if math.copysign(1.0, y) > 0 else -1
        z = -z
    return signs, z


print(negzero(30000))


def compare(n):
    c = 0
    for i in range(n):
        x = nan if i % 5 == 0 else float(i)
        c += (x < i) + 2 * (x <= i) + 4 * (x == i) + 8 * (x != i) + 16 * (x > i) + 32 * (not x >= i)
    return c


print(compare(20000))


def overflow(n):
    x = 1e300
    hits = 0
    for i in range(n):
        y = x * (1.0 + i * 1e6)
        if y == inf:
            hits += 1
        z = y - y
        if z != z:
            hits += 2
    return hits


print(overflow(20000))


def divs(n):
    out = 0
    for i in range(-n, n):
        try:
            out += int(1.0 / i * 1000) + int(7.5 // i) + int(-7.5 % i * 4)
        except ZeroDivisionError as e:
            out += 1
            msg = str(e)
    return out, msg


print(divs(10000))


def power(n):
    t = 0.0
    for i in range(1, n):
        t += i ** 0.5 - i ** -1 + (i % 7) ** 2 / 3
    return t


print(power(20000))


def trunc(n):
    s = 0
    f = 0.1
    for i in range(n):
        s += int(f * i) - round(f * i) + (i / 4 == i // 4)
    return s


print(trunc(30000), sum(0.1 for _ in range(30000)), 0.1 + 0.2)
print(sum(math.sqrt(i) * math.sin(i) for i in range(20000)))
