def run(f, n):
    i = 0
    for _ in range(n): i = f(i)
    return i
def inc(x): return x + 1
def dec(x): return x - 1
print(run(inc, 3000), run(dec, 3000), run(abs, 3000), run(float, 3000), run(inc, 3000), run(lambda x: x + 2, 3000))
class K:
    def __init__(self, x): self.x = x
    def __radd__(self, o): return self
print(type(run(K, 3000)).__name__)
def two(n):
    f = inc; t = 0
    for i in range(n):
        t = f(t)
        if i == n // 2: f = dec
    return t
print(two(5000))
def swap(fs, n):
    t = 0
    for i in range(n):
        f = fs[i % len(fs)]
        t = f(t)
    return t
print(swap([inc, inc, dec], 5000), swap([abs], 3000))
