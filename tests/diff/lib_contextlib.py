"""contextlib: contextmanager, ExitStack, suppress, redirect, closing, nullcontext, decorators, async variants."""
import contextlib as cl
import io


@cl.contextmanager
def cm(tag, swallow=False):
    print("enter", tag)
    try:
        yield tag * 2
    except ValueError as e:
        print("saw", e)
        if not swallow:
            raise
    finally:
        print("exit", tag)


with cm("a") as a, cm("b", True):
    print(a)
    raise ValueError("v")
try:
    with cm("c"):
        raise ValueError("out")
except ValueError as e:
    print("outside", e)


@cm("deco")
def fn(x):
    return x + 1


print(fn(1), fn(2))
with cl.ExitStack() as st:
    print([st.enter_context(cm(t)) for t in "xy"])
    st.callback(print, "callback", end="!\n")
    st.push(lambda *exc: print("pushed", exc[0]) or True)
    raise KeyError("swallowed by push")
with cl.suppress(KeyError, IndexError):
    {}["x"]
    print("never")
buf = io.StringIO()
with cl.redirect_stdout(buf):
    print("captured")
print(repr(buf.getvalue()))


class C:
    def close(self):
        print("closed")


with cl.closing(C()) as c, cl.nullcontext(5) as n:
    print(type(c).__name__, n)


@cl.contextmanager
def noyield():
    if False:
        yield


@cl.contextmanager
def two():
    yield 1
    yield 2


for f in (noyield, two):
    try:
        with f():
            pass
    except RuntimeError as e:
        print(e)


class D(cl.ContextDecorator):
    def __enter__(self):
        print("D in")

    def __exit__(self, *a):
        print("D out")


@D()
def g():
    print("body")


g()
st = cl.ExitStack()
st.callback(print, "later")
moved = st.pop_all()
st.close()
moved.close()


@cl.asynccontextmanager
async def acm():
    print("async in")
    yield 7
    print("async out")


async def main():
    async with acm() as v, cl.AsyncExitStack() as s:
        s.push_async_callback(late)
        print(v)


async def late():
    print("late")


try:
    main().send(None)
except StopIteration:
    print("done")
try:
    with cl.ExitStack() as s:
        s.callback(lambda: 1 / 0)
        raise KeyError("first")
except ZeroDivisionError as e:
    print(repr(e), repr(e.__context__))
