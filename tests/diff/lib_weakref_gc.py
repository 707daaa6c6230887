"""weakref and gc with explicit collection: refs, callbacks, WeakValueDictionary, finalize, cycles, __del__."""
import gc
import weakref


class O:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return f"O{self.n}"

    def meth(self):
        return self.n


def collect():
    for _ in range(3):
        gc.collect()


log = []
o = O(1)
r = weakref.ref(o, lambda ref: log.append(("dead", ref is r)))
print(r() is o, r == weakref.ref(o), hash(r) == hash(o), weakref.getweakrefcount(o) >= 1, type(r).__name__)
del o
collect()
print(r(), log)
a = O(2)
p = weakref.proxy(a)
print(p.n, p.meth(), repr(p).startswith("<weakproxy"), isinstance(p, O))
del a
collect()
try:
    p.n
except ReferenceError as e:
    print(e)
vd, kd, ws = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
k1, k2 = O(3), O(4)
vd["a"], vd["b"] = k1, k2
kd[k1], kd[k2] = "one", "two"
ws.update([k1, k2])
print(len(vd), len(kd), len(ws), vd["a"], kd[k2], k1 in ws, sorted(vd))
del k1
collect()
print(list(vd), list(kd.values()), [x for x in ws])
b = O(5)
fin = weakref.finalize(b, lambda *x: log.append(x), "final", 1)
print(fin.alive, fin.peek()[2])
del b
collect()
print(fin.alive, log[-1], fin())
wm = weakref.WeakMethod(k2.meth)
print(wm()(), weakref.ref(k2) is weakref.ref(k2))
died = []


class Node:
    def __init__(self, name):
        self.name = name
        self.other = self

    def __del__(self):
        died.append(self.name)


x, y = Node("x"), Node("y")
x.other, y.other = y, x
wx = weakref.ref(x)
del x, y
collect()
print(sorted(died), wx())


class Res:
    kept = None

    def __del__(self):
        Res.kept = self


q = Res()
q.tag = 9
del q
collect()
print(Res.kept.tag)
Res.kept = None
for bad in (5, "s", (), None, [], {}):
    try:
        weakref.ref(bad)
    except TypeError as e:
        print(e)
ok = [weakref.ref(v)() is v for v in (O, collect, {1}, O(1).meth and O, gc)]
print(ok, gc.isenabled(), gc.is_tracked([]), isinstance(gc.collect(), int), callable(gc.freeze))
gc.disable()
print(gc.isenabled())
gc.enable()


class DelRaises:
    def __del__(self):
        pass


d = DelRaises()
d.me = d
del d
collect()
cyc = []
for i in range(100):
    z = O(i)
    z.self = z
    cyc.append(weakref.ref(z))
del z
collect()
print(sum(c() is not None for c in cyc))
s = O(9)
r1 = weakref.ref(s)
s2 = r1()
del s
collect()
print(r1() is s2, s2)
