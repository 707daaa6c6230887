"""list: methods, slices and slice assignment, comparison, identity-first equality, errors, mutation while iterating."""
a = [3, 1, 2]
a.append(5)
a.extend("xy")
a.insert(1, "ins")
a.insert(100, "end")
a.insert(-1, "neg")
print(a, len(a), a.index("x"), a.count(1), a.pop(), a.pop(0), a.pop(-2), a)
a.remove("ins")
a.reverse()
print(a, a.copy() == a, a.copy() is a, a + [1], a * 2, 0 * a, [] == [], [1, 2] < [1, 3], [1] < [1, 0], [2] > [1, 9], [1, "a"] == [1, "a"])
b = list(range(10))
print(b[2:5], b[::3], b[::-2], b[-3:], b[:-7], b[5:2], b[5:2:-1], b[100:], b[-100:2], b[slice(1, None, 4)])
b[2:4] = ["two", "three", "more"]
print(b)
b[::2] = range(len(b[::2]))
print(b)
b[1:1] = [99, 98]
del b[0], b[-1], b[1:3]
print(b)
del b[::2]
b[len(b):] = [7]
b[:0] = [-1]
print(b)
b[:] = []
print(b, bool(b))
nan = float("nan")
print([nan] == [nan], nan in [nan], [nan].index(nan), [nan].count(nan), [1, 2.0, True].count(1), [0, False, 0.0].index(False))
x = [1, 2, 3, 4, 5, 6]
for i in x:
    if i % 2:
        x.remove(i)
print(x)
y = [1]
for i in y:
    if len(y) < 6:
        y.append(i + 1)
print(y)
z = [[0] * 2] * 2
z[0][0] = 1
print(z, [[0] * 2 for _ in range(2)])
c = [1, 2]
c += c
c *= 2
c[1:3] = c
print(c)
d = [1, 2, 3]
d[0], d[-1] = d[-1], d[0]
it = iter(d)
next(it)
print(d, it.__length_hint__(), list(it), next(it, "done"), list(reversed(d)), max(d), min(d), sum(d), any([0, []]), all([]), list(enumerate("ab", 5)), list(zip([1, 2], "abc")), tuple(d), list(map(str, d)), list(filter(None, [0, 1, "", 2])))
for e in ("list()[0]", "[1].pop(5)", "[].pop()", "[1].remove(2)", "[1].index(2)", "[1] + (2,)", "[1] * 1.5", "list('a')['a']", "[1, 2][::0]", "[1].insert('a', 1)", "[1] < 5", "[1, 'a'] < [1, 2]", "hash([])", "list(5)", "[1, 2].__setitem__(slice(0, 2, 2), [1, 2, 3])", "[].extend(5)", "[1].__delitem__(3)", "[1].__setitem__(3, 1)", "list(1, 2)", "[1].index(1, 5)", "[3].index(3, -1)", "sum(['a'])", "sum([[1], [2]], [])", "max([])", "min([], default=4)", "max(1, 'a')", "zip([1], [2, 3], strict=True).__next__()", "list(zip([1], [2, 3], strict=True))"):
    try:
        print(e, "=", eval(e))
    except Exception as ex:
        print(e, "->", type(ex).__name__, ex)


class L(list):
    def __getitem__(self, i):
        return "sub" + str(list.__getitem__(self, i))


l = L([1, 2])
print(l, l[0], list(l), type(l[:]).__name__, type(l + [1]).__name__, l == [1, 2], [*l], L(range(3)))
mixed = [1, 2, 3]
mixed.append(1.5)
mixed.append(2 ** 70)
mixed[0] = "str"
mixed[1] = None
print(mixed, [1.0, 2.0] + [3], [1, 2][0:1] + [0.5])
