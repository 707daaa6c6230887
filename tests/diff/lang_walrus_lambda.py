"""Walrus in conditions, comprehensions, lambdas, f-strings; lambda forms; conditional expressions; chained comparisons."""
if (n := len("abc")) == 3 and (m := n + 1):
    print(n, m)
print((a := 1) + (b := 2), a, b, [c := 5, c + 1], {(k := "key"): (v := 1)}, k, v, f"{(z := 7)}{z}", f"{(y:=3):>{y + 2}}")
it = iter([3, 2, 1, 0, 9])
while x := next(it):
    print(x, end=" ")
print(x)
print([y for q in range(5) if (y := q * q) > 3], y, any((w := t) > 1 for t in range(4)), w)
f = lambda p, *q, r=(d := 4), **s: (p, q, r, s)
print(f(1, 2, r=3, t=5), f(0), d, (lambda: (u := 1) + u)(), (lambda *, k: k)(k=2), (lambda a, /, b: a - b)(5, b=2))
print((lambda x: (lambda y: x + y))(1)(2), [(lambda i: i * 2)(i) for i in range(3)], sorted([-3, 1], key=lambda v: v * v), (lambda: (yield))().__class__.__name__)


def side(v):
    print("side", v, end="; ")
    return v


print(1 < side(2) < 3, 3 < side(2) < side(5), side(1) == side(1) != side(2), 1 < 2 > 0 in [0] is not None)
print(side(0) and side(1) or side(2), not side(0), side(1) if side(0) else side(3), side("") or side([]) or None)
print([] or {} or 0 or "last", 1 and "a" and [1], (not 1) is False, not not [1], 5 if [] else 6 if {} else 7)
x = 5
print(-x ** 2, (-x) ** 2, 2 ** -1, 2 ** 3 ** 2, not x == 5, ~x & 7 | 8 ^ 3 << 1 + 1, x // 2 * 3 % 4, -7 // 2, 1 + 2 * 3 - 4 / 2, x @ x if 0 else "", await_ if 0 else 0)
print(x is not None, x not in [1], not x in [5], x in (5,) == True, (x in (5,)) == True, x < 6 == True, None is None is None)
total = 0
print([total := total + i for i in range(5)], total)


def scope():
    def inner():
        return (q := 10), [q for _ in range(1)]
    if (found := inner())[0]:
        return found, locals().keys() >= {"found"}


print(scope())
g = {}
exec("(new := 5)\nprint([j := i for i in range(2)], j)", g)
print(g["new"], g["j"])
print(*(lambda *a: a)(*range(3)), sep=",")
print((0 if x else 1, 2), (lambda: 1, 2)[1], [*(lambda: (1, 2))()], x if x > 3 else y if y else z, (x, y) if 0 else x)
