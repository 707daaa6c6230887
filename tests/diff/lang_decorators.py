"""Decorators: order, arguments, classes as decorators, on classes and methods, arbitrary expressions."""
import functools

log = []


def trace(tag):
    log.append(f"make {tag}")

    def deco(f):
        log.append(f"apply {tag}")

        @functools.wraps(f)
        def wrapper(*a, **k):
            log.append(f"call {tag}")
            return f(*a, **k)
        return wrapper
    return deco


@trace("a")
@trace("b")
def f(x):
    return x


print(f(1), log, f.__name__)


class Count:
    def __init__(self, fn):
        self.fn, self.n = fn, 0

    def __call__(self, *a):
        self.n += 1
        return self.fn(*a), self.n

    def __get__(self, obj, cls):
        return functools.partial(self, obj) if obj is not None else self


@Count
def g(x):
    return x * 2


print(g(1), g(2), g.n)


class K:
    @Count
    def m(self, x):
        return type(self).__name__, x

    @staticmethod
    @trace("static")
    def s(x):
        return x

    @classmethod
    @trace("cls")
    def c(cls):
        return cls.__name__

    @property
    @trace("prop")
    def p(self):
        return "p"


print(K().m(5), K.s(1), K.c(), K().p, log[-3:])


def add_attr(**kw):
    def deco(cls):
        for k, v in kw.items():
            setattr(cls, k, v)
        return cls
    return deco


@add_attr(x=1, y=2)
@functools.total_ordering
class Z:
    def __eq__(self, o): return True
    def __lt__(self, o): return False


print(Z.x, Z.y, Z() >= Z())
decos = {"id": lambda f: f, "call": lambda f: f()}


@decos["call"]
def value():
    return "called at definition"


@(lambda f: [f, f()])
def pair():
    return 5


@[lambda f: ("list", f.__name__)][0]
def lst(): ...


print(value, pair[1], lst)
try:
    @5
    def bad(): ...
except TypeError as e:
    print(e)


@(lambda fn: print(fn.__name__))
def printed_as_function_name(): ... if 0 else None


def memo(f, cache={}):
    def w(n):
        if n not in cache:
            cache[n] = f(n)
        return cache[n]
    return w


@memo
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(80))
registry = {}


def register(cls_or_name):
    if isinstance(cls_or_name, str):
        return lambda c: registry.setdefault(cls_or_name, c)
    return registry.setdefault(cls_or_name.__name__, cls_or_name)


@register
class One: ...


@register("deux")
class Two: ...


print(sorted(registry), registry["deux"] is Two)
