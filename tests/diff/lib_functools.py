"""functools: partial, lru_cache, reduce, wraps, total_ordering, singledispatch, cached_property, cmp_to_key."""
import functools as ft

p = ft.partial(int, base=2)
print(p("101"), p.func, p.args, p.keywords, ft.partial(ft.partial(max, 1), 5)(3), ft.partial(print, "a", sep="-"))
p("1", base=10)
calls = []


@ft.lru_cache(maxsize=2)
def sq(x, *, neg=False):
    calls.append(x)
    return -x * x if neg else x * x


print([sq(i) for i in (1, 2, 1, 3, 2, 1)], calls, sq.cache_info(), sq(1, neg=True), sq.__wrapped__(9), sq.cache_parameters())
sq.cache_clear()
print(sq.cache_info())


@ft.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(90), fib.cache_info().currsize)
try:
    sq([])
except TypeError as e:
    print(e)


@ft.lru_cache(typed=True)
def ty(x):
    return type(x).__name__


print(ty(1), ty(1.0), ty(True), ty.cache_info().misses)
print(ft.reduce(lambda a, b: a * b, range(1, 6)), ft.reduce(lambda a, b: a + [b], "abc", []), ft.reduce(max, [3]))
for bad in (lambda: ft.reduce(max, []), lambda: ft.partial(), lambda: ft.partial(5), lambda: ft.reduce(5, [1, 2])):
    try:
        bad()
    except TypeError as e:
        print(e)


def deco(f):
    @ft.wraps(f)
    def w(*a, **k):
        "wrapper doc"
        return ("wrapped", f(*a, **k))
    return w


@deco
def named(x: int):
    "real doc"
    return x


print(named(1), named.__name__, named.__doc__, named.__annotations__, named.__wrapped__(2))


@ft.total_ordering
class V:
    def __init__(self, v): self.v = v
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v


print(V(1) <= V(1), V(2) > V(1), V(1) >= V(2), V(1) != V(2))


@ft.singledispatch
def show(x):
    return "default " + str(x)


@show.register
def _(x: int):
    return "int"


@show.register(list)
@show.register(tuple)
def _(x):
    return f"seq of {len(x)}"


@show.register(type(None))
def _(x):
    return "nothing"


print(show(1), show(True), show([1, 2]), show(()), show(None), show("s"), show.dispatch(bool) is show.dispatch(int))


class C:
    count = 0

    @ft.cached_property
    def val(self):
        C.count += 1
        return C.count * 10

    @ft.singledispatchmethod
    def m(self, a):
        return "obj"

    @m.register
    def _(self, a: str):
        return "str"

    def add(self, a, b):
        return a, b

    inc = ft.partialmethod(add, 1)


c = C()
print(c.val, c.val, C.count, c.__dict__, c.m(1), c.m("x"), c.inc(5))
del c.val
print(c.val)
print(sorted([3, 1, 2], key=ft.cmp_to_key(lambda a, b: b - a)), ft.cmp_to_key(lambda a, b: 0)(1) == ft.cmp_to_key(lambda a, b: 0)(2))
