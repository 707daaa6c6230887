"""Generators that run in their consumer's loop: errors, handlers, tracebacks, nesting, tracing, closing in the middle."""
import inspect
import sys
import traceback


def count(n):
    for i in range(n):
        got = yield i
        if got is not None:
            print("got", got)


def chain(depth, n):
    if depth == 0:
        yield from count(n)
        return "bottom"
    r = yield from chain(depth - 1, n)
    return f"{r}+{depth}"


def drive(g):
    out = []
    for x in g:
        out.append(x)
    return out


print(drive(chain(5, 4)))


def collect():
    r = yield from chain(3, 2)
    print("returned", r)


print(drive(collect()))


def fails(n):
    yield n
    raise ValueError(n)


def outer(n):
    try:
        yield from fails(n)
    except ValueError as e:
        yield ("caught", e.args, sys.exc_info()[0])
        yield sys.exc_info()[0]
    yield sys.exc_info()[0]


print(drive(outer(3)))
try:
    for x in fails(7):
        print(x)
except ValueError as e:
    print([f.name for f in traceback.extract_tb(e.__traceback__)], sys.exc_info()[1] is e)
print(sys.exc_info())


def stops():
    yield 1
    raise StopIteration("early")


for consume in (drive, list):
    try:
        consume(stops())
    except RuntimeError as e:
        print(e, type(e.__cause__), e.__cause__.args, e.__context__ is e.__cause__)


def in_handler():
    try:
        raise KeyError("k")
    except KeyError:
        for x in count(2):
            yield x, sys.exc_info()[0].__name__
    for x in count(1):
        yield x, sys.exc_info()[0]


print(drive(in_handler()))
try:
    raise OSError("outside")
except OSError:
    print(drive(in_handler()), [sys.exc_info()[0].__name__])
    for x in outer(1):
        print(x, sys.exc_info()[0].__name__)
print(sys.exc_info())


def looks():
    f = sys._getframe()
    yield f.f_back.f_code.co_name, g_look.gi_running, inspect.getgeneratorstate(g_look)
    yield f.f_back.f_code.co_name, g_look.gi_frame is f


g_look = looks()
for x in g_look:
    print(x, g_look.gi_running, inspect.getgeneratorstate(g_look), g_look.gi_frame is not None)
print(g_look.gi_frame, inspect.getgeneratorstate(g_look))


def itself():
    yield 1
    try:
        for x in me:
            print("not reached", x)
    except ValueError as e:
        yield str(e)


me = itself()
print(drive(me))


def cleanup(log):
    try:
        yield 1
        yield 2
    finally:
        log.append("closed")


log = []
g = cleanup(log)
for x in g:
    break
g.close()
print(log)


def middle(log):
    yield from cleanup(log)


log = []
g = middle(log)
for x in g:
    print(x, g.gi_yieldfrom is not None)
    try:
        print(g.throw(KeyError("thrown")))
    except KeyError as e:
        print("thrown out", e)
print(log, g.gi_yieldfrom)


def deep(n):
    if n:
        yield from deep(n - 1)
    yield n


sys.setrecursionlimit(300)
try:
    print(len(drive(deep(100))))
    drive(deep(1000))
except RecursionError as e:
    print("RecursionError", str(e)[:32])
sys.setrecursionlimit(1000)

events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name in ("count", "drive"):
        events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
    return tracer


sys.settrace(tracer)
drive(count(2))
sys.settrace(None)
print(events)


def switches():
    events.clear()
    sys.settrace(tracer)
    yield 1
    sys.settrace(None)
    yield 2


print(drive(switches()), events)


async def one(x):
    return x


async def many():
    total = 0
    for i in range(5):
        total += await one(i)
    return total


async def broken():
    await many()
    raise StopIteration("async")


def run(c):
    try:
        while True:
            c.send(None)
    except StopIteration as e:
        return e.value


print(run(many()))
try:
    run(broken())
except RuntimeError as e:
    print(e)

print(drive(x * y for x in count(3) for y in count(x)))
g = count(3)
print(next(g), g.send("hello"), [x for x in g], next(g, "end"))
