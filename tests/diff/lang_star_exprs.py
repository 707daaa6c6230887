"""Star expressions in calls, displays, assignment, subscripts, returns, for loops, and their errors."""


def f(*a, **k):
    return a, k


def ret():
    r = (2, 3)
    return 1, *r


def gen():
    yield 1, *[2, 3]


print(ret(), next(gen()), [*range(3), 9, *"ab"], {*[1], *(2, 3)}, {**{"a": 1}, **{"a": 2, "b": 3}}, (*[], *()), [*{}], *[1, 2])
print(f(*[1], 2, *[3], a=1, **{"b": 2}, c=3, **{}), f(*"ab", *{}), f(**{"x y": 1}), f(*(i for i in range(2))))
a, *b = 1, 2, 3
*c, = "xy"
(d, *e), *g = [1, 2, 3], 4, 5
[h, *i, j] = range(6)
print(a, b, c, d, e, g, h, i, j)
for k, *l in [(1, 2, 3), "ab", [9]]:
    print(k, l)
for m in *[1, 2], 3:
    print(m, end=" ")
print()
first, (*mid, last), *_ = 0, (1, 2, 3), 4, 5
print(first, mid, last, _)


class Sub:
    def __getitem__(self, k):
        return k


s = Sub()
print(s[*[1, 2], 3], s[*()], s[*"ab"], s[1:2, *[5]])


class Once:
    def __iter__(self):
        print("iterated")
        return iter([1, 2, 3])


x, *y = Once()
print(x, y, f(*Once()), [*Once()])


class MapLike:
    def keys(self):
        print("keys")
        return ["p", "q"]

    def __getitem__(self, k):
        return k * 2


print(f(**MapLike()), {**MapLike()}, dict(MapLike()))
for src in ("f(*5)", "f(**5)", "f(**{1: 2})", "f(a=1, **{'a': 2})", "[*5]", "{**[1]}", "a, *b = 5", "a, b, *c = [1]", "*a, b = []", "f(*None)", "f(**[('a', 1)])", "{*[[]]}", "f(**{'a': 1}, **{'a': 2})", "print(*1)"):
    try:
        exec(src)
    except Exception as e:
        print(src, "->", type(e).__name__, e)
w = [1, 2, 3, 4]
w[1:3], *w[0:1] = "XY", 5 if 0 else [7], if_ if 0 else 8 if 0 else 9 if 0 else 1
print(w)
