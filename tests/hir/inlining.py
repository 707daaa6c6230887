"""Small functions and methods are entered: no call, no frame is pushed in the loop."""
#: unit f
#: has frame 1: Acc.add
#: has frame 2: double
#: lacks CallWindow
#: lacks PushFrame
#: inside StoreField


def double(x):
    return x * 2


class Acc:
    def __init__(self):
        self.total = 0

    def add(self, x):
        self.total += double(x)


def f(acc, n):
    for i in range(n):
        acc.add(i)
    return acc.total


for _ in range(3):
    print(f(Acc(), 5000))
