"""A plain class is instantiated in place and its __init__ entered."""
#: unit f
#: inside NewInstance
#: has frame 1: Pair.__init__
#: lacks CallWindow


class Pair:
    def __init__(self, a, b):
        self.a = a
        self.b = b


def f(n):
    s = 0
    for i in range(n):
        p = Pair(i, 1)
        s += p.a + p.b
    return s


for _ in range(3):
    print(f(5000))
