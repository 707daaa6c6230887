"""dict: order, methods, views, mutation errors, equality, key semantics, merge, subclasses."""
d = {"a": 1, "b": 2}
d["c"] = 3
del d["a"]
d["a"] = 4
d["b"] = 9
print(d, list(d), list(d.values()), list(d.items()), len(d), "b" in d, d.get("z"), d.get("z", 0), d.pop("b"), d.pop("nope", None), d.popitem(), d)
d.update({"x": 1}, y=2)
d.update([("z", 3)])
print(d, d.setdefault("x", 50), d.setdefault("new"), d | {"x": 0}, {"p": 1} | d, d.copy() == d, d.copy() is d, dict(d, q=1), dict([("k", "v")]), dict(zip("ab", [1, 2])), dict.fromkeys("ab"), dict.fromkeys([1, 2], []))
print({1: "int", 1.0: "float", True: "bool"}, {0: 1, False: 2, 0.0: 3, -0.0: 4}, {"1": 1, 1: 2}, {(1, 2): 3}, {None: 1}, {2 ** 70: 1}[2 ** 70], {1: 2} == {1.0: 2.0}, {"a": 1, "b": 2} == {"b": 2, "a": 1}, {} == [])
k, v, i = d.keys(), d.values(), d.items()
print(k, v, i, "x" in k, ("x", 1) in i, ("x", 2) in i, 3 in v, len(k), list(reversed(d)), list(reversed(d.items()))[0])
d["later"] = 1
print(k, len(i), sorted(k & {"x", "y", "none"}), sorted(k | ["extra"]), sorted(k - {"x"}), sorted(k ^ {"x", "w"}), k.isdisjoint({"w"}), {1: 2}.keys() == {1}, {1: 2}.items() >= {(1, 2)}, k.mapping["x"], sorted({"a": 1}.items() | {("b", 2)}))
for mut in ("d['brandnew'] = 1", "del d['x']", "d.pop('x')"):
    dd = dict(d)
    try:
        for key in dd:
            exec(mut, {"d": dd})
    except RuntimeError as e:
        print(mut, "->", e)
dd = {1: 1, 2: 2}
for key in dd:
    dd[key] = key * 10
print(dd)
for e in ("{}['k']", "{[]: 1}", "{{}: 1}", "{}.popitem()", "{}.pop('a')", "dict(5)", "dict([1])", "dict([(1, 2, 3)])", "{} + {}", "{} < {}", "dict(a=1, **{'a': 2})", "{} | []", "hash({})", "{}.update(5)", "dict.fromkeys(5)", "{1: 2}.get()", "dict([[]])", "{}.keys().add", "iter({}.keys()).__next__()"):
    try:
        print(e, "=", eval(e))
    except Exception as ex:
        print(e, "->", type(ex).__name__, ex)


class K:
    def __init__(self, v, h):
        self.v, self.h = v, h

    def __hash__(self):
        return self.h

    def __eq__(self, o):
        return isinstance(o, K) and self.v == o.v

    def __repr__(self):
        return f"K{self.v}"


c = {K(i, i % 3): i for i in range(20)}
print(c[K(7, 1)], K(7, 2) in c, len(c), [c.pop(K(i, i % 3)) for i in range(0, 20, 5)], list(c)[:5])


class BadEq:
    def __hash__(self):
        return 1

    def __eq__(self, o):
        raise ValueError("eq failed")


try:
    {BadEq(): 1, BadEq(): 2}
except ValueError as e:
    print(e)
big = {i: i * i for i in range(5000)}
for i in range(0, 5000, 3):
    del big[i]
for i in range(5000, 5100):
    big[i] = i
print(len(big), sum(big), list(big)[:4], list(big)[-2:], 4998 in big, 4999 in big, big.popitem())
big.clear()
print(big, bool(big))
x = {}
x["self"] = x
print(x, repr({"k": [1, {"n": ()}]}), str({}), {**{"a": 1}, "a": 2})
nan = float("nan")
print({nan: 1}[nan], len({nan: 1, float("nan"): 2}), {"a": 1}.__contains__("a"), dict(a=1).__getitem__("a"), {1: 2}.__len__(), sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1]))
