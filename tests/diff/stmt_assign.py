"""Assignment targets: chained, nested, attributes, subscripts, star targets, swap."""


class Log:
    def __init__(self):
        object.__setattr__(self, "events", [])

    def __setattr__(self, name, value):
        self.events.append(("attr", name, value))

    def __setitem__(self, key, value):
        self.events.append(("item", key, value))

    def __delitem__(self, key):
        self.events.append(("delitem", key))

    def __delattr__(self, name):
        self.events.append(("delattr", name))


o = Log()
o.a = o[1] = o["x", 2] = z = 5
o.b, o[0], (o.c, o[1:2]) = 1, 2, (3, 4)
o[::2], *o.rest = "abcd"
del o.a, o[3], (o.b, [o[4:5:6]])
for e in o.events:
    print(e)
print(z)

a, b = 1, 2
a, b = b, a
print(a, b)
*head, tail = range(5)
print(head, tail)
first, *mid, last = "hello"
print(first, mid, last)
(x, [y, (w, *v)]) = 1, (2, "abc")
print(x, y, w, v)
[p] = {7}
print(p)
i = 0
lst = [10, 20, 30]
i, lst[i] = 2, 99
print(i, lst)


def noisy(tag, value):
    print("eval", tag)
    return value


noisy("target", lst)[noisy("index", 1)] = noisy("value", 5)
print(lst)
d = {}
d.setdefault("k", []).append(1)
d["n"] = d.get("n", 0) + 1
print(d)
for bad in ("a, b = 1,", "a, b = 1, 2, 3", "a, *b, c = [1]", "(a, b) = 5", "a, b = {}"):
    try:
        exec(bad)
    except (ValueError, TypeError) as e:
        print(bad, "->", type(e).__name__, e)
x: int = 3
y: "str"
print(x, __annotations__)
s = t = []
s.append(1)
print(t is s, t)
