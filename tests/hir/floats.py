"""Floats stay raw; the guard and the product of an argument are moved before the loop."""
#: unit f
#: inside FAdd
#: outside FMul
#: outside GuardFloat
#: nowhere-inside BoxFloat
#: lacks Call(


def f(n, k):
    x = 0.0
    i = 0
    while i < n:
        x += k * k
        i += 1
    return x


print(f(20000, 0.5))
