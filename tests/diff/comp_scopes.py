"""Comprehensions: scoping, nesting, conditions, walrus, closures, class bodies, unpacking targets."""
x = "outer"
print([x for x in range(3)], x)
print([(i, j) for i in range(3) for j in range(i)])
print([i for i in range(20) if i % 2 if i % 3])
print({k: v for k, v in zip("abc", range(3))}, sorted({c for c in "mississippi"}))
print([[j * i for j in range(3)] for i in range(3)])
print([y := 1, y ** 2], y)
print([last := n for n in range(4)], last)
if (m := 10) > 5 and (q := m * 2):
    print(m, q)
print([f(1) for f in [lambda v, i=i: v + i for i in range(3)]])


def uses_walrus(data):
    if any((hit := d) > 3 for d in data):
        return hit
    return None


print(uses_walrus([1, 2, 5, 7]), uses_walrus([1]))


class C:
    n = 3
    items = [i * 2 for i in range(n)]
    try:
        bad = [n for _ in range(2)]
    except NameError as e:
        msg = str(e)
    pairs = [(a, b) for a, b in zip(items, items)]


print(C.items, C.msg, C.pairs)
print([a + sum(rest) for a, *rest in [(1, 2, 3), (4,)]])
print([k for d in [{"a": 1}, {"b": 2}] for k in d])
print([0 if z else 1 for z in (0, 1)])
try:
    z
except NameError as e:
    print(e)


def evil():
    return [locals().get("i") for i in range(2)], "i" in locals()


print(evil())
d = {}
print({(d.setdefault("order", []).append(("k", i)), i)[1]: (d["order"].append(("v", i)), i)[1] for i in range(2)}, d)
gen = (i for i in [1, 2, 3])
print(sum(gen), list(gen))
try:
    g = (i for i in 5)
except TypeError as e:
    print(e)
g = (1 // i for i in (1, 0))
print(next(g))
try:
    next(g)
except ZeroDivisionError as e:
    print(e, list(g))
data = [1, 2, 3, 4]
print([v for v in data if v not in [w for w in data if w > 2]])


def closure():
    fs = [lambda: k for k in range(3)]
    return [f() for f in fs], [(lambda: t)() for t in range(3)]


print(closure())
lst = [1, 2, 3]
for i, lst[i - 1] in enumerate("abc", 1):
    pass
print(lst)
print([*range(3), *"ab"], (*[], 1), {*[1, 2], *[2, 3]}, {**{"a": 1}, "b": 2, **{"a": 3}})
print([[*r] for r in (range(i) for i in range(3))])
while chunk := data[:3]:
    print(chunk)
    data = data[3:]
print((lambda: [i for i in range(3)])(), [i for i in [j for j in range(2)]])
for src in ("[x := 0 for x in range(2)]", "[i for i in (j := range(3))]", "class K:\n  [a := 1 for _ in [1]]", "(x := 1, y := 2)", "x := 1", "[*a for a in b]", "{**d for d in e}"):
    try:
        compile(src, "s", "exec")
        print("ok", src)
    except SyntaxError as e:
        print(repr(src), e.msg)
