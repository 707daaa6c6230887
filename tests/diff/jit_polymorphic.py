class A:
    def __init__(self, x): self.x = x; self.k = 1
    def area(self): return self.x + 1
    def both(self): return self.x * 2
class B:
    def __init__(self, x): self.y = 0; self.x = x
    def area(self): return self.x * 3
    def both(self): return self.x * 2
class C(A):
    def __init__(self, x): self.z = 5; self.x = x
    def area(self): return self.z
class D(A):
    x = 7
    def __init__(self, x): pass
class E:
    def __init__(self, x): self.area = lambda: x * 10; self.x = x
    def both(self): return 1.5
def run(objs, n):
    t = 0
    for i in range(n):
        o = objs[i % len(objs)]
        t += o.area() + o.x
        t += o.both()
        o.k = i
        t += o.k
    return t
for sets in ([A(1), B(2)], [A(1), B(2), C(3)], [A(1), B(2), C(3), D(4), E(5)], [A(2), A(3)], [C(1), D(2)]):
    print(run(sets, 5000))
class P:
    pass
def grow(n):
    t = 0
    for i in range(n):
        p = P()
        if i % 2: p.a = i
        p.b = 2
        if i % 3: p.c = 3
        t += p.b
        p.b = t
        t -= p.b // 2
    return t
print(grow(5000))
class Base:
    def __init__(self): self.n = 0
    def step(self, d): self.n += d; return self.emit()
    def emit(self): return 1
class S1(Base):
    def emit(self): return self.n
class S2(Base):
    def __init__(self): super().__init__(); self.q = 4
    def emit(self): return self.q
def inh(n):
    xs = [S1(), S2(), Base()]
    t = 0
    for i in range(n):
        for x in xs:
            t += x.step(i)
    S1.emit = lambda self: 100
    for i in range(n):
        for x in xs:
            t += x.step(i)
    return t
print(inh(3000))
def err(n):
    xs = [A(1), B(2), None]
    t = 0
    for i in range(n):
        try:
            t += xs[i % 3].area()
        except AttributeError as e:
            t += len(str(e))
    return t
print(err(3000))
