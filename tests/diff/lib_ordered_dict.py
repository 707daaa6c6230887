# OrderedDict: order, ends, iteration under change, subclasses, views, copies, pickles.
import collections
import collections.abc
import copy
import pickle
import random
from collections import OrderedDict


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


print(OrderedDict, OrderedDict.__mro__, OrderedDict.__module__, OrderedDict.__doc__)
names = ["fromkeys", "__reduce__", "setdefault", "pop", "popitem", "keys", "values", "items", "update", "clear", "copy", "__reversed__", "move_to_end"]
for n in names:
    v = OrderedDict.__dict__[n]
    print(n, type(v).__name__, v.__text_signature__, v.__doc__)
print(sorted(k for k in OrderedDict.__dict__ if k != "__module__"))

od = OrderedDict([("a", 1), ("b", 2)], c=3)
print(od, repr(od), str(od), len(od), OrderedDict(), bool(OrderedDict()))
print(od.keys(), od.values(), od.items(), type(iter(od)), type(reversed(od)), type(iter(od.items())))
print(type(od.keys()).__mro__, type(od.items()).__module__)
print(od.keys() | {"z"} == {"a", "b", "c", "z"}, od.keys() & ["a"], ("a", 1) in od.items(), od.keys() == {"a": 0, "b": 0, "c": 0}.keys())
print(od.keys().mapping, od.keys().isdisjoint("xyz"), list(reversed(od.keys())), list(reversed(od.values())), list(reversed(od.items())))

# The ends.
for key, last in [("a", True), ("c", False), ("c", False), ("b", True), ("nope", True), ("a", 0), ("b", [])]:
    print(key, last, attempt(od.move_to_end, key, last), od)
print(attempt(od.move_to_end, "a", last=True), attempt(od.move_to_end), attempt(od.move_to_end, "a", 1, 2), attempt(OrderedDict().move_to_end, "x"))
print(attempt(od.move_to_end, []), attempt(od.pop, []), attempt(od.popitem, last=False), attempt(od.popitem, 1), attempt(od.popitem), attempt(od.popitem), attempt(od.popitem, False))
od = OrderedDict.fromkeys("abcdef", 0)
print(od.pop("b"), od.pop("x", 7), od.pop("x", default=8), attempt(od.pop, "x"), attempt(od.pop), attempt(od.pop, "a", 1, 2), od)
print(od.setdefault("a", 5), od.setdefault("n"), od.setdefault("m", default=4), od.setdefault(key="q", default=1), od)

# Against a model.
rng = random.Random(7)
model, od = [], OrderedDict()
for step in range(6000):
    op = rng.randrange(9)
    k = rng.randrange(60)
    here = [i for i, (x, _) in enumerate(model) if x == k]
    if op < 3:
        if here:
            model[here[0]] = (k, step)
        else:
            model.append((k, step))
        od[k] = step
    elif op == 3 and here:
        model.append(model.pop(here[0]))
        od.move_to_end(k)
    elif op == 4 and here:
        model.insert(0, model.pop(here[0]))
        od.move_to_end(k, last=False)
    elif op == 5 and model:
        assert od.popitem() == model.pop()
    elif op == 6 and model:
        assert od.popitem(last=False) == model.pop(0)
    elif op == 7 and here:
        del od[k]
        model.pop(here[0])
    elif op == 8 and rng.random() < 0.02:
        od.clear()
        model.clear()
    if step % 50 == 0:
        assert list(od.items()) == model and list(reversed(od)) == [x for x, _ in reversed(model)]
        assert od == OrderedDict(model) and list(dict(od)) == [x for x, _ in model]
print(len(od), list(od.items()) == model, od)
for n in range(3000):
    od.move_to_end(next(iter(od)))
    od.move_to_end(next(reversed(od)), last=False)
    od.move_to_end(next(reversed(od)), last=False)
print(list(od))

# Comparison.
a, b = OrderedDict(x=1, y=2), OrderedDict(y=2, x=1)
print(a == b, a != b, a == dict(b), dict(a) == b, a == {"x": 1}, a == OrderedDict(x=1, y=2), a != OrderedDict(x=1, y=2), a == 1, a != 1)
print(attempt(lambda: a < b), attempt(hash, a), a.__eq__(1), a.__lt__(b), a.__eq__({"x": 1, "y": 2}))

# Changes under an iterator.
def changing(change, kind=iter, n=2):
    od = OrderedDict.fromkeys("abcd", 1)
    seen = []
    try:
        for i, x in enumerate(kind(od)):
            seen.append(x)
            if i == n:
                change(od)
    except Exception as e:
        seen.append(f"{type(e).__name__}: {e}")
    return seen
for change in [lambda o: o.__setitem__("n", 1), lambda o: o.__delitem__("a"), lambda o: o.move_to_end("a"), lambda o: o.clear(),
               lambda o: o.__setitem__("a", 5), lambda o: o.popitem(), lambda o: o.move_to_end("d"), lambda o: o.update(a=3)]:
    for kind in (iter, reversed, OrderedDict.items, lambda o: reversed(o.values())):
        print(changing(change, kind, 1), changing(change, kind, 3))
it = iter(OrderedDict(a=1))
print(next(it), list(it), list(it), attempt(next, it))

# Keys that hash anew each time.
class Key:
    n = 0
    def __hash__(self):
        Key.n += 1
        return Key.n
    def __repr__(self):
        return "Key"
od = OrderedDict()
od[Key()] = 1
for f in (repr, list, lambda o: list(o.items()), lambda o: list(o.values()), OrderedDict.copy):
    print(attempt(f, od))

# Taking items over.
class Mapping:
    def __init__(self, *names):
        self.names = names
    def __getattr__(self, name):
        if name in self.names:
            return lambda: ["k", "l"] if name == "keys" else [("i", 1)]
        raise AttributeError(name)
    def __getitem__(self, k):
        return k * 2
for x in [Mapping("keys", "items"), Mapping("items"), [("a", 1)], {"z": 1}, OrderedDict(q=1), iter([["a", 2], "bc"]), 42, ["ab", "c"], ["", 1], [(1, 2, 3)], [1], ["abc"], None]:
    print(attempt(OrderedDict, x), attempt(lambda: OrderedDict(r=0).__ior__(x)))
print(attempt(OrderedDict, 1, 2), attempt(OrderedDict().update, 1, 2), attempt(OrderedDict.update), attempt(OrderedDict.__init__))
print(OrderedDict(self=1, other=2), attempt(lambda: OrderedDict(a=1).update([("b", 2)], c=3)))
a = OrderedDict(x=1, y=2)
print(a | {"z": 3}, {"z": 3} | a, a | OrderedDict(y=5), attempt(lambda: a | [("p", 1)]), attempt(lambda: [] | a), type({"z": 3} | a))
a |= [("w", 0)]
print(a, attempt(lambda: a.__or__(3)), attempt(lambda: a.__ior__(3)))
print(OrderedDict.fromkeys("ab"), OrderedDict.fromkeys("ab", value=[]), attempt(OrderedDict.fromkeys), attempt(OrderedDict.fromkeys, 3))

# Subclasses.
class Loud(OrderedDict):
    log = []
    def __getitem__(self, k):
        self.log.append(("get", k))
        return super().__getitem__(k)
    def __setitem__(self, k, v):
        self.log.append(("set", k))
        super().__setitem__(k, v)
    def __delitem__(self, k):
        self.log.append(("del", k))
        super().__delitem__(k)
    def __missing__(self, k):
        self.log.append(("missing", k))
        return "?"
def logged(f):
    Loud.log.clear()
    r = attempt(f)
    print(r, Loud.log)
    return r
l = Loud(a=1, b=2)
logged(lambda: Loud([("a", 1)], b=2))
for f in [lambda: l.pop("a"), lambda: l.pop("zz", 3), lambda: attempt(l.pop, "zz"), lambda: l.popitem(), lambda: l.update(c=1, d=2), lambda: l.setdefault("c", 5), lambda: l.setdefault("e", 5),
          lambda: list(l.items()), lambda: list(l.values()), lambda: l.copy(), lambda: repr(l), lambda: l.move_to_end("c"), lambda: l == l, lambda: dict(l), lambda: {**l},
          lambda: l["nope"], lambda: l.get("nope"), lambda: l | {"f": 1}, lambda: Loud.fromkeys("xy"), lambda: l.clear(), lambda: copy.copy(l), lambda: OrderedDict(l)]:
    logged(f)
class Slotted(OrderedDict):
    __slots__ = ("x",)
s = Slotted(a=1)
s.x, s.y = 5, 6
for proto in range(6):
    t = pickle.loads(pickle.dumps(s, proto)) if proto >= 2 else s
    print(t, t.x, t.y, type(t))
print(s.__reduce__()[:4], list(s.__reduce__()[4]), OrderedDict().__reduce__()[:4])
class Both(OrderedDict, collections.Counter):
    pass
print(Both({"abca": 2}), Both.__mro__)
print(attempt(lambda: type("X", (OrderedDict, collections.defaultdict), {})))
class Counter2(collections.Counter, OrderedDict):
    def __repr__(self):
        return "%s(%r)" % (self.__class__.__name__, OrderedDict(self))
print(Counter2("abracadabra"))

# Copies and pickles.
od = OrderedDict(a=[1], b=2)
od.extra = "e"
print(od.__dict__, vars(od), od.copy(), hasattr(od.copy(), "extra"), copy.copy(od).extra, copy.deepcopy(od), copy.deepcopy(od).extra)
for proto in range(6):
    d = pickle.loads(pickle.dumps(od, proto))
    print(d, d.extra, type(d))
    for view in (od.keys(), od.values(), od.items()):
        it = iter(view)
        next(it)
        print(list(pickle.loads(pickle.dumps(it, proto))), list(it))
od["self"] = od
print(od, repr(od.items()))
od.__dict__ = {"p": 1}
print(od.p, attempt(setattr, od, "__dict__", 3))
match OrderedDict(k=1, j=2):
    case {"k": 1, **rest}:
        print(rest, type(rest))
print(OrderedDict[int, str], isinstance(od, dict), isinstance(od, collections.abc.MutableMapping))
import json
print(json.dumps(OrderedDict(b=1, a=OrderedDict(z=1))), json.loads('{"b": 1, "a": 2}', object_pairs_hook=OrderedDict))
