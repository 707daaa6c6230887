"""The layout of an object that the loop does not change is checked once; its slots are read once."""
#: unit f
#: outside GuardLayout
#: outside GuardVersion
#: outside LoadField
#: lacks Step


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def f(p, n):
    s = 0
    for i in range(n):
        s += p.x + p.y
    return s


for _ in range(3):
    print(f(Point(1, 2), 5000))
