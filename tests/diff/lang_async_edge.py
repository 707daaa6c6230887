"""async details: async with/for errors, nested awaits, exceptions across awaits, async generator finalisation, anext default, async comprehension nesting."""
import types


@types.coroutine
def pause(v=None):
    return (yield v)


def run(c, limit=100):
    """Drive with None and collect what is yielded."""
    out = []
    try:
        v = c.send(None)
        while len(out) < limit:
            out.append(v)
            v = c.send(len(out))
    except StopIteration as e:
        return out, e.value


async def leaf(n):
    x = await pause(("leaf", n))
    if n == 3:
        raise ValueError(f"leaf {n}")
    return x * n


async def gather(*cs):
    res = []
    for c in cs:
        try:
            res.append(await c)
        except ValueError as e:
            res.append(str(e))
        finally:
            await pause("finally")
    return res


print(run(gather(*(leaf(i) for i in range(1, 5)))))


class Lock:
    def __init__(self):
        self.held = False

    async def __aenter__(self):
        await pause("acquire")
        self.held = True
        return self

    async def __aexit__(self, *exc):
        await pause("release")
        self.held = False


async def use(lock):
    try:
        async with lock as l:
            print("held", l.held)
            async with lock, lock:
                return "early"
    finally:
        print("held after", lock.held)


print(run(use(Lock())))


async def agen(n):
    try:
        for i in range(n):
            got = yield await leaf_ok(i)
            if got:
                print("sent", got)
    except GeneratorExit:
        print("generator exit")
        raise
    finally:
        await pause("agen cleanup")


async def leaf_ok(i):
    return await pause(i) or i


async def drive():
    g = agen(5)
    a = [await g.asend(None), await g.asend("hi")]
    await g.aclose()
    b = [x async for x in agen(3) if x]
    c = {k: v async for k, v in pairs()}
    d = [[y async for y in agen(x)] for x in range(3)]
    e = [z for z in [await leaf_ok(1)] if await leaf_ok(z)]
    f = tuple([q async for q in agen(1)])
    async for x in agen(2):
        if x:
            continue
    else:
        e.append("else")
    return a, b, c, d, e, f


async def pairs():
    yield "k", 1
    yield "l", 2


print(run(drive()))


async def err():
    g = agen(3)
    try:
        async for x in g:
            raise KeyError("in loop")
    finally:
        await g.aclose()


try:
    run(err())
except KeyError as e:
    print(repr(e))


async def wrong():
    for bad in (5, [1], object()):
        try:
            async for _ in bad:
                pass
        except TypeError as e:
            print(str(e)[:60])
        try:
            async with bad:
                pass
        except TypeError as e:
            print(str(e)[:60])
        try:
            await bad
        except TypeError as e:
            print(e)


run(wrong())
c = leaf_ok(1)
c.send(None)
try:
    c.throw(KeyError, KeyError("thrown in"))
except KeyError as e:
    print(repr(e))
try:
    c.send(None)
except RuntimeError as e:
    print(e)


async def twice(c):
    return await c, await c


c = leaf_ok(2)
try:
    run(twice(c))
except RuntimeError as e:
    print(e)


async def ret_in_agen():
    yield 1
    return


async def anexts():
    g = ret_in_agen()
    return await anext(g), await anext(g, "dflt"), await anext(aiter(ret_in_agen()))


print(run(anexts()))
ag = agen(1)
print(ag.ag_running, ag.ag_await, ag.__name__, type(ag).__name__)
for name in ("__await__", "send", "throw", "close", "cr_frame", "cr_await"):
    print(name, hasattr(c, name), end=" ")
c.close()
print()
