"""collections: deque, Counter, OrderedDict, defaultdict, ChainMap, UserDict."""
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque

d = deque([1, 2, 3], maxlen=4)
d.append(4)
d.append(5)
d.appendleft(0)
print(d, d.maxlen, d[0], d[-1], len(d), 3 in d, d.index(3), d.count(3), list(reversed(d)))
d.rotate(1)
print(d, d.pop(), d.popleft(), d)
d.extend("xy")
d.extendleft("ab")
print(d, deque("abc") + deque("d"), deque("ab") * 2, deque([1, 2]) < deque([1, 3]), deque([1]) == deque([1]), d.copy() == d)
d.clear()
e = deque(range(6))
del e[2]
e.remove(5)
e.insert(1, "i")
e[0] = "z"
e.reverse()
print(e, bool(d), [e[i] for i in range(-2, 2)])
for f in (lambda: d.pop(), lambda: d.popleft(), lambda: e[9], lambda: e.remove("q"), lambda: deque(maxlen=-1), lambda: hash(e), lambda: e.index("nope"), lambda: deque([1], maxlen=1).insert(0, 2), lambda: [e.append(1) for _ in e]):
    try:
        f()
    except Exception as x:
        print(type(x).__name__, x)
c = Counter("mississippi")
print(c, c.most_common(2), c["i"], c["zz"], sorted(c.elements()), c.total(), Counter(a=3) + Counter(a=1, b=2), Counter(a=3, b=1) - Counter(a=1, b=5), Counter(a=2) & Counter(a=1), Counter(a=2) | Counter(b=1), +Counter(a=-1, b=2), -Counter(a=-1))
c.update("mmm")
c.subtract({"s": 10})
print(c, c["s"], Counter([1, 1, 2]) == Counter({1: 2, 2: 1}), Counter(a=1) <= Counter(a=2))
o = OrderedDict([("a", 1), ("b", 2), ("c", 3)])
o.move_to_end("a")
o.move_to_end("c", last=False)
print(o, o.popitem(), o.popitem(last=False), o, OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == {"b": 2, "a": 1}, list(reversed(OrderedDict(x=1, y=2))), OrderedDict(a=1) | {"b": 2})
dd = defaultdict(list, a=[0])
dd["x"].append(1)
dd["x"].append(2)
print(dd, dd.get("no"), "no" in dd, dd["made"], dd, defaultdict(int)["z"], dd.default_factory, dd.copy()["x"], defaultdict(None, {1: 2}))
try:
    defaultdict()["k"]
except KeyError as x:
    print(repr(x))
try:
    defaultdict(5)
except TypeError as x:
    print(x)
m = ChainMap({"a": 1}, {"a": 2, "b": 3})
m["new"] = 9
print(m, m["a"], m["b"], len(m), list(m), m.maps[0], m.new_child({"a": 0})["a"], m.parents, dict(m))
nest = defaultdict(lambda: defaultdict(int))
for w in ("ab", "ac", "bb", "ab"):
    nest[w[0]][w[1]] += 1
print({k: dict(v) for k, v in nest.items()})


class U(UserDict):
    def __setitem__(self, k, v):
        super().__setitem__(k.upper(), v)


print(U(a=1, b=2), UserList([1, 2]) + [3], UserString("abc").upper(), type(UserString("a") + "b").__name__)


class LRU(OrderedDict):
    def __getitem__(self, k):
        v = super().__getitem__(k)
        self.move_to_end(k)
        return v


l = LRU(a=1, b=2)
l["a"]
print(list(l), repr(l), l.pop("b"), len(l))
