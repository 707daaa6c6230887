"""Parameter kinds, defaults, and the error messages of bad calls."""


def f(a, b=2, /, c=3, *args, d, e=5, **kw):
    return a, b, c, args, d, e, kw


print(f(1, d=4))
print(f(1, 2, 3, 4, 5, d=6, z=7))
print(f(1, d=4, a="kw a", b="kw b"))
print(f(*[1, 2], *(3, 4), d=0, **{"x": 1}, **{"y": 2}))


def plain(a, b):
    return a, b


def posonly(a, /):
    return a


def kwonly(*, a, b=1):
    return a, b


def none():
    pass


calls = [
    "plain(1)", "plain(1, 2, 3)", "plain(1, 2, c=3)", "plain(1, a=1)", "plain()", "posonly(a=1)",
    "kwonly(1)", "kwonly()", "none(1)", "none(**{1: 2})", "plain(**{'a': 1, 'b': 2})", "plain(*5)",
    "plain(**5)", "plain(b=1, *[2])", "f()", "f(1)", "(lambda x: x)()", "plain(1, **{'a': 2, 'b': 1})",
    "kwonly(a=1, **{'a': 2})", "f(1, 2, 3, d=1, **{'d': 2})", "len()", "len(1, 2)", "len([], x=1)",
    "print(sepp=1)", "'a'.upper(1)", "int.bit_length()", "[].append(1, 2)", "sorted()", "isinstance(1)", "NotImplemented()",
]
for c in calls:
    try:
        print(c, "=", eval(c))
    except TypeError as e:
        print(c, "->", e)


def mutable(x, acc=[]):
    acc.append(x)
    return acc


print(mutable(1), mutable(2), mutable.__defaults__)
mutable.__defaults__ = ([9],)
print(mutable(3))
kwonly.__kwdefaults__ = {"a": 7}
try:
    print(kwonly())
except TypeError as e:
    print(e)
print(f.__kwdefaults__, f.__defaults__, f.__name__, f.__qualname__)


def order(tag):
    print("eval", tag, end="; ")
    return tag


def sink(*a, **k):
    print(a, k)


sink(order(1), *[order(2)], order(3), k=order(4), **{"m": order(5)})
deco_log = []


def deco(tag):
    deco_log.append(tag)
    return lambda fn: deco_log.append((tag, fn.__name__)) or fn


@deco("outer")
@deco("inner")
def decorated(x=order("default")):
    return x


print(deco_log, decorated())
print((lambda *a, k=1, **kw: (a, k, kw))(1, 2, k=3, z=4))
