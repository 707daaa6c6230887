"""Coroutines driven by hand: await, custom awaitables, send/throw/close, async with."""
import types


class Suspend:
    def __init__(self, tag):
        self.tag = tag

    def __await__(self):
        r = yield self.tag
        return r


async def child(x):
    a = await Suspend(f"child {x}")
    return a * 2


async def parent():
    r = []
    for i in range(2):
        r.append(await child(i))
    try:
        await Suspend("throw here")
    except ValueError as e:
        r.append(str(e))
    return r


def run(coro, values):
    log = []
    it = iter(values)
    send = None
    try:
        while True:
            if isinstance(send, BaseException):
                y = coro.throw(send)
            else:
                y = coro.send(send)
            log.append(y)
            send = next(it)
    except StopIteration as e:
        return log, e.value


print(run(parent(), [10, 20, ValueError("thrown"), 0]))


class Ctx:
    def __init__(self, n):
        self.n = n

    async def __aenter__(self):
        await Suspend("aenter " + self.n)
        return self.n

    async def __aexit__(self, t, v, tb):
        await Suspend("aexit " + self.n)
        return t is KeyError


async def use():
    async with Ctx("one") as a, Ctx("two") as b:
        print("in", a, b)
        raise KeyError
    print("suppressed")
    return "ok"


print(run(use(), [None] * 10))


@types.coroutine
def old_style():
    x = yield "old"
    return x


async def mix():
    return await old_style()


print(run(mix(), [99]))
c = child(1)
print(type(c).__name__, c.cr_running, c.__name__)
c.close()
try:
    c.send(None)
except RuntimeError as e:
    print(e)


async def bad():
    await 5


try:
    bad().send(None)
except TypeError as e:
    print(e)


class BadAwait:
    def __await__(self):
        return [1]


async def bad2():
    await BadAwait()


try:
    bad2().send(None)
except TypeError as e:
    print(e)


async def bad3():
    with Ctx("x"):
        pass


async def bad4():
    async with open:
        pass

for fn in (bad3, bad4):
    try:
        fn().send(None)
    except (TypeError, AttributeError) as e:
        print(type(e).__name__, e)


async def fin():
    try:
        await Suspend("s")
    finally:
        print("finally ran")


f = fin()
f.send(None)
f.close()
try:
    iter(f)
except TypeError as e:
    print(e)


async def rt():
    raise StopIteration("x")


try:
    rt().send(None)
except RuntimeError as e:
    print(e)
