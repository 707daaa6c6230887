"""Ints stay raw: one addition and one multiplication a round, no helper, no box in the loop."""
#: unit f
#: inside IAdd
#: inside IMul
#: lacks Call(
#: lacks MakeRangeIter
#: outside GuardInt
#: nowhere-inside BoxInt


def f(n):
    s = 0
    for i in range(n):
        s += i * 3
    return s


print(f(20000))
