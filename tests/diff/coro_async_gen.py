"""Async generators, async for, async comprehensions, driven by a tiny loop."""
from collections import deque


class Sleep:
    def __init__(self, n):
        self.n = n

    def __await__(self):
        for _ in range(self.n):
            yield


def run(*coros):
    """Round-robin scheduler."""
    todo = deque((i, c) for i, c in enumerate(coros))
    results = {}
    while todo:
        i, c = todo.popleft()
        try:
            c.send(None)
        except StopIteration as e:
            results[i] = e.value
        else:
            todo.append((i, c))
    return [results[i] for i in range(len(coros))]


async def ticker(name, n):
    try:
        for i in range(n):
            await Sleep(1)
            yield f"{name}{i}"
    finally:
        print("ticker", name, "done")


async def consume(name, n):
    out = []
    async for x in ticker(name, n):
        print("got", x)
        out.append(x)
    else:
        out.append("else")
    return out


print(run(consume("a", 2), consume("b", 3)))


async def comps():
    a = [x async for x in ticker("l", 2)]
    b = {x async for x in ticker("s", 1)}
    c = {x: i async for x in ticker("d", 1) for i in range(2)}
    d = [y for x in [1, 2] if await val(x) for y in [x * 10]]
    g = (x async for x in ticker("g", 2))
    e = [x async for x in g]
    return a, b, c, d, e


async def val(x):
    await Sleep(1)
    return x > 1


print(run(comps())[0])


async def protocol():
    async def agen():
        try:
            x = yield 1
            print("received", x)
            yield 2
        except ValueError as e:
            print("caught", e)
            yield "recovered"
        finally:
            await Sleep(1)
            print("closed")

    g = agen()
    print(await g.__anext__(), await g.asend("hello"))
    print(await g.athrow(ValueError("oops")))
    await g.aclose()
    try:
        await g.__anext__()
    except StopAsyncIteration:
        print("exhausted")
    h = agen()
    await anext(h)
    await h.aclose()
    return await anext(h, "default")


print(run(protocol()))


class ACount:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n <= 0:
            raise StopAsyncIteration
        self.n -= 1
        await Sleep(1)
        return self.n


async def loops():
    out = []
    async for i in ACount(5):
        if i == 3:
            continue
        if i == 1:
            break
        out.append(i)
    return out


print(run(loops()))


async def bad():
    async for x in [1]:
        pass


try:
    run(bad())
except TypeError as e:
    print(e)


async def g():
    yield 1

print(type(g()).__name__, g().__aiter__().__class__.__name__, hasattr(g(), "asend"))
