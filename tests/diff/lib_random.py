"""random with a fixed seed: the Mersenne twister's exact output."""
import random

r = random.Random(12345)
print([r.random() for _ in range(5)], [r.randint(1, 100) for _ in range(10)], [r.randrange(0, 1000, 7) for _ in range(5)], r.getrandbits(40), r.getrandbits(1), r.getrandbits(0), r.getrandbits(200))
print([r.choice("abcdef") for _ in range(8)], r.sample(range(100), 6), r.choices("xyz", k=6), r.choices([1, 2, 3], weights=[10, 1, 1], k=8), r.uniform(5, 6), r.triangular(0, 10, 3), r.gauss(0, 1), r.gauss(5, 2), r.normalvariate(0, 1))
l = list(range(10))
r.shuffle(l)
print(l, r.expovariate(1.5), r.betavariate(1, 2), r.gammavariate(2, 3), r.lognormvariate(0, 1), r.paretovariate(3), r.weibullvariate(1, 2), r.vonmisesvariate(0, 4), r.randbytes(5))
st = r.getstate()
a = [r.random() for _ in range(3)]
r.setstate(st)
print(a == [r.random() for _ in range(3)], len(st[1]), st[0], st[2])
for seed in (0, 1, -1, 2 ** 100, "text", b"bytes", 1.5, bytearray(b"ba"), None):
    if seed is None:
        continue
    q = random.Random(seed)
    print(repr(seed), q.random(), q.randint(0, 10 ** 30), q.getrandbits(33))
random.seed(99)
print(random.random(), random.randint(0, 9), random.choice([1, 2, 3]), random.sample("abcdef", 3), random.sample([1, 2], counts=[3, 2], k=3))
for f in (lambda: r.choice([]), lambda: r.randint(5, 1), lambda: r.randrange(0), lambda: r.sample([1], 2), lambda: r.sample({1, 2}, 1), lambda: r.getrandbits(-1), lambda: random.Random([]), lambda: r.choices([], k=1), lambda: r.choices([1], [1, 2])):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
total = 0
for _ in range(3000):
    total = (total * 31 + r.getrandbits(32)) & 0xFFFFFFFFFFFF
print(total, sum(r.random() for _ in range(1000)))


class Mine(random.Random):
    def random(self):
        return 0.25


m = Mine(1)
print(m.random(), m.uniform(0, 4), m.choice("abcd"), m.randint(0, 7), isinstance(random.SystemRandom().random(), float))
