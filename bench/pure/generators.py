"""Recursive and chained generators over a binary tree and number streams."""
from harness import main


class Tree:
    __slots__ = ("left", "value", "right")

    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def build(lo, hi):
    if lo >= hi:
        return None
    m = (lo + hi) // 2
    return Tree(build(lo, m), m, build(m + 1, hi))


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def keep(pred, src):
    for x in src:
        if pred(x):
            yield x


def pairs(src):
    last = None
    for x in src:
        if last is not None:
            yield last, x
        last = x


def running():
    total = 0
    while True:
        total += (yield total)


def kernel():
    tree = build(0, 24000)
    s = 0
    for _ in range(3):
        for v in tree:
            s += v
    for a, b in pairs(keep(lambda x: x % 3, numbers(180000))):
        s += b - a
    acc = running()
    next(acc)
    for i in numbers(180000):
        t = acc.send(i & 7)
    return s, t, sum(x * x for x in numbers(150000)) % 1000003


if __name__ == "__main__":
    main(kernel)
