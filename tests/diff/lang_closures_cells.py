"""Closures: shared cells, late binding, nested nonlocals, cells in loops, class cells, recursion through cells, deletion."""


def counter():
    n = 0

    def up():
        nonlocal n
        n += 1
        return n

    def down():
        nonlocal n
        n -= 1
        return n

    def get():
        return n
    return up, down, get


u, d, g = counter()
u(), u(), d()
print(g(), u.__closure__[0] is g.__closure__[0], len(u.__closure__))


def loops():
    out = []
    for i in range(3):
        def f():
            return i
        out.append(f)
    i = 100
    return [f() for f in out]


print(loops())


def factory(fns):
    for k in fns:
        def h(k=k):
            return k
        yield h


print([h() for h in factory("abc")])


def a():
    x = "a"

    def b():
        y = "b"

        def c():
            z = "c"

            def d():
                nonlocal x, y
                x += "!"
                y += "?"
                return x + y + z
            return d
        return c
    return b


dd = a()()()
print(dd(), dd())


def param_cell(p, *args, kw=3, **kwargs):
    def inner():
        nonlocal p
        p = (p, args, kw, kwargs)
        return p
    return inner


print(param_cell(1, 2, z=4)())


def fact():
    def f(n):
        return 1 if n < 2 else n * f(n - 1)
    return f


print(fact()(20))


def conditional(flag):
    if flag:
        v = 1

    def get():
        return v
    try:
        return get()
    except NameError as e:
        return str(e)


print(conditional(True), conditional(False))


def comp_closure(n):
    return [(lambda m: lambda: (n, m))(k) for k in range(2)], {k: (lambda: k + n) for k in range(2)}


c1, c2 = comp_closure(10)
print([f() for f in c1], [f() for f in c2.values()])


def gen_closure():
    total = 0

    def add(n):
        nonlocal total
        total += n

    def gen():
        while total < 10:
            yield total
    return add, gen()


add, gg = gen_closure()
print(next(gg), add(4), next(gg), add(6), list(gg))


def exec_in(n):
    exec("n = 99")
    return n, eval("n + 1", {"n": n})


print(exec_in(1))


class K:
    def make(self):
        def inner():
            return self, __class__
        return inner


k = K()
print(k.make()()[0] is k, k.make()()[1] is K, sorted(k.make().__code__.co_freevars))


def swap():
    x, y = 1, 2

    def do():
        nonlocal x, y
        x, y = y, x
    do()
    return x, y


print(swap())


def except_cell():
    try:
        raise ValueError("v")
    except ValueError as e:
        f = lambda: e
        r = repr(f())
    try:
        f()
    except NameError as err:
        return r, str(err)


print(except_cell())


def with_cell():
    import contextlib
    with contextlib.nullcontext(5) as v:
        return (lambda: v)()


def for_cell():
    for v, w in [(1, 2), (3, 4)]:
        f = lambda: (v, w)
    v = "changed"
    return f()


def import_cell():
    import math as m
    return (lambda: m.floor(2.5))()


print(with_cell(), for_cell(), import_cell())
import types
cell = types.CellType(7)
cell2 = types.CellType()
print(cell.cell_contents, cell == types.CellType(7), cell < types.CellType(8))
try:
    cell2.cell_contents
except ValueError as e:
    print(e)
fn = types.FunctionType((lambda: g_free).__code__ if 0 else dd.__code__, {}, "nf", None, tuple(types.CellType(v) for v in "pqr"))
print(fn())
