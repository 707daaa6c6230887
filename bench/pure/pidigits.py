"""Digits of pi by a streaming spigot over unbounded integers."""
from harness import main


def digits():
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
        else:
            q, r, t, n, k, l = q * k, (2 * q + r) * l, t * l, (q * (7 * k) + 2 + r * l) // (t * l), k + 1, l + 2


def kernel(count=1200):
    h = 0
    last = []
    for i, d in enumerate(digits()):
        h = (h * 31 + d) % 1000000007
        if i >= count - 10:
            last.append(d)
        if i == count - 1:
            break
    return h, "".join(map(str, last))


if __name__ == "__main__":
    main(kernel)
