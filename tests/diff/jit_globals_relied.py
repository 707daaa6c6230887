"""Compiled code relies on globals that hold functions, classes and modules; each way of replacing one must be noticed."""
import math
import types

for n in range(150):
    exec(f"def f{n}(x): return x + {n}")
counter = 0


def quiet(x):
    return x


def tick():
    """No leaf: whatever it replaces must be seen behind the call."""
    global counter
    counter += 1
    return counter


def many(n):
    total = 0
    for i in range(n):
        total += f0(i) + f1(i) + f63(i) + f64(i) + f65(i) + f128(i) + tick()
        if i % 1000 == 999:
            # Positions 64 apart share a mark.
            globals()["f64"] = globals()["f%d" % (i // 1000)]
    return total


print(many(9000), counter)


def replace(how, n):
    global quiet
    quiet = first = lambda x: 1
    total = 0
    for i in range(n):
        total += quiet(i)
        if i == n // 2:
            how(lambda x: 1000)
        if i == n // 2 + 5:
            how(first)
    return total


def by_statement(f):
    global quiet
    quiet = f


def by_delete(f):
    global quiet
    del quiet
    quiet = f


def by_clear(f):
    space = dict(globals())
    globals().clear()
    globals().update(space, quiet=f)


here = types.ModuleType("here")
here.__dict__.update(f=abs)
ways = {
    "statement": by_statement,
    "delete": by_delete,
    "item": lambda f: globals().__setitem__("quiet", f),
    "update": lambda f: globals().update(quiet=f),
    "setdefault": lambda f: (globals().pop("quiet"), globals().setdefault("quiet", f)),
    "popitem": lambda f: (globals().pop("quiet"), globals().update(quiet=f)),
    "or": lambda f: globals().__ior__({"quiet": f}),
    "exec": lambda f: exec("quiet = given", globals(), globals()) if globals().update(given=f) is None else None,
    "grow": lambda f: globals().update({"quiet": f, **{"g%d" % i: i for i in range(300)}}),
    "clear": by_clear,
}
for name, how in ways.items():
    print(name, replace(how, 3000), replace(how, 3000))


def of_module(n):
    total = 0
    for i in range(n):
        total += here.f(-1)
        if i == n // 2:
            here.f = lambda x: 50
        elif i == n - 10:
            setattr(here, "f", abs)
        elif i == n - 5:
            vars(here)["f"] = math.fabs
    return total


print(of_module(4000), of_module(4000))


class Maker:
    def __init__(self, x):
        self.x = x


def classes(n):
    global Maker
    kept, total = Maker, 0
    for i in range(n):
        total += Maker(i).x
        if i == n // 2:
            Maker = lambda x: kept(-x)
        if i == n // 2 + 100:
            Maker = kept
    return total


print(classes(3000), classes(3000))


def alternate(n):
    """Two functions in turns: after a few rounds nothing is relied on any more."""
    global quiet
    a, b = (lambda x: x), (lambda x: -x)
    total = 0
    for i in range(n):
        quiet = a if i % 2 else b
        total += quiet(i)
    return total


print(alternate(20000))
