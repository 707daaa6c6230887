"""Generators: next, send, throw, close, return values, yield from, introspection."""
import inspect


def counter(n):
    print("start")
    for i in range(n):
        got = yield i
        if got is not None:
            print("got", got)
    return "result"


g = counter(3)
print(inspect.getgeneratorstate(g))
print(next(g), g.send("a"), g.send(None), inspect.getgeneratorstate(g))
try:
    next(g)
except StopIteration as e:
    print("stop", e.value)
print(next(g, "default"), inspect.getgeneratorstate(g))
g = counter(1)
try:
    g.send(5)
except TypeError as e:
    print(e)


def handler():
    while True:
        try:
            x = yield "ready"
            print("x", x)
        except ValueError as e:
            print("handled", e)
        except GeneratorExit:
            print("closing")
            raise
        finally:
            print("fin")


h = handler()
next(h)
print(h.throw(ValueError("v")), h.throw(ValueError, ValueError("w")), h.send(1))
h.close()
h.close()
try:
    h.throw(KeyError("after close"))
except KeyError as e:
    print(repr(e))


def bad_close():
    try:
        yield 1
    except GeneratorExit:
        yield 2


b = bad_close()
next(b)
try:
    b.close()
except RuntimeError as e:
    print(e)


def delegating():
    r = yield from inner()
    print("inner returned", r)
    r2 = yield from [10, 20]
    print("list returned", r2)
    return "outer"


def inner():
    try:
        a = yield 1
        print("a", a)
        b = yield 2
    except KeyError as e:
        b = ("caught", e.args)
    return b


d = delegating()
print(next(d), d.send("S"), d.throw(KeyError("tk")), next(d))
try:
    next(d)
except StopIteration as e:
    print(e.value)


def raises_stop():
    yield 1
    raise StopIteration("inside")


r = raises_stop()
next(r)
try:
    next(r)
except RuntimeError as e:
    print(e, repr(e.__cause__))


def selfref():
    yield next(me)


me = selfref()
try:
    next(me)
except ValueError as e:
    print(e)
print(counter.__name__, g.__name__, g.__qualname__, g.gi_running, g.gi_yieldfrom, type(g).__name__)
