"""Odds and ends of semantics: identity of constants, string escapes, integer caches not relied on, builtins shadowing, chained methods."""
print = print
list = list
_print = __builtins__.print


def print2(*a):
    _print("shadow", *a)


print2(1)


def shadow():
    len = lambda x: 42
    return len("abc")


print(shadow(), len("abc"))
sum_ = sum
sum = lambda xs: "mine"
print(sum([1, 2]))
del sum
print(sum([1, 2]))
try:
    __builtins__.custom_builtin = "visible"
    print(custom_builtin)
finally:
    del __builtins__.custom_builtin
try:
    custom_builtin
except NameError as e:
    print(e)
try:
    pritn
except NameError as e:
    print(e)


class Chain:
    def __init__(self):
        self.ops = []

    def __getattr__(self, n):
        def op(*a):
            self.ops.append((n, a))
            return self
        return op

    def __repr__(self):
        return str(self.ops)


print((Chain()
       .select("a")
       .where("b", 1)
       .limit(5)))
a = b = []
a += [1]
b = b + [2]
print(a, b)
i = 5
i = i++i
print(i, +-+i, - -i, ~~i, not not i)
x = 1,
print(x, type(x).__name__, (1), (1,), ())
print("a" "b" 'c', "%s" "%s" % (1, 2), ("x"
      "y"))
if 1: y = 1; z = 2
print(y, z)
print(*map(lambda k: k.__name__, sorted([int, str, float], key=lambda t: t.__name__)))
print({True: "a", 1: "b", 1.0: "c"}, (1, 2) == (1, 2), [[]] * 2 == [[], []])
t = ([1, 2],)
try:
    t[0] += [3]
except TypeError:
    print(t)
f = [lambda: n for n in range(3)]
print([g() for g in f])
print([1, 2, 3][True], "abc"[False], {0: "zero"}[False], [10, 20][-True])
print(0.1 + 0.2 == 0.3, 1e16 + 1 == 1e16, int(1e23), 10 ** 23 == 1e23, 3 % -2, -3 % 2, 3.5 % -2, round(2.5), round(3.5))
print("é" == "e\u0301", "ß".upper(), "ı".upper(), "K" == "\u212a".lower().upper(), "\u0130".lower() == "i̇")
print(max("a", "B"), min([], default=None), sorted("bA1"), "".join(sorted({"z", "a"})), [] < [0], (0,) < (0, 0), "a" < "aa")
print(isinstance(True, int), type(True) == int, issubclass(type, object), type(type) is type, object() != object())


def default_eval(x=[]):
    x.append(len(x))
    return x


print(default_eval(), default_eval(), default_eval([9]))
print(bool("False"), bool([[]]), bool(0.0), bool(()), bool(range(0)), bool(object()), int("0b11", 0), int("  7\n"), float("1e-3"), str(1e-7), repr(0.1), hash(()) == hash(()))
else_ran = []
for _ in []:
    pass
else:
    else_ran.append("for")
while 0:
    pass
else:
    else_ran.append("while")
try:
    pass
except Exception:
    pass
else:
    else_ran.append("try")
print(else_ran)
print(__name__ == "__main__", [k for k in ("__name__", "__doc__", "__file__", "__builtins__") if k in globals()])
