# Code compiled with top-level await: as a coroutine, as a function, with a namespace of its own.
import ast
import asyncio
import types

FLAG = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


async def give(x):
    await asyncio.sleep(0)
    return x


async def count(n):
    for i in range(n):
        yield i


for mode in ("exec", "single"):
    for source in [
        "a = await give(3)", "async for i in count(3):\n    a = i", "async with asyncio.Lock() as l:\n    a = 1",
        "a = [x async for x in count(3)]", "a = {x: 1 async for x in count(2)}", "import math\na = math.floor(await give(2.5))" if mode == "exec" else "a = 1 + await give(1)",
        "a = [await give(x) for x in range(3)]", "a = await give(1) + 1",
    ]:
        code = compile(source, "?", mode, flags=FLAG)
        for run in ("function", "eval", "locals"):
            ns = {"give": give, "count": count, "asyncio": asyncio}
            own = {}
            if run == "function":
                made = types.FunctionType(code, ns)()
            elif run == "eval":
                made = eval(code, ns)
            else:
                own = dict(ns)
                made = eval(code, ns, own)
            print(mode, repr(source), run, code.co_flags & 0x80, type(made).__name__, end=" ")
            asyncio.run(made)
            print(ns.get("a"), own.get("a"))

# A function made of a module's code works on the globals.
ns = {}
f = types.FunctionType(compile("x = 1\ny = x + 1\ndel x\nz = sorted(locals())\nclass C: pass\ndef g(): return y", "?", "exec"), ns)
print(f(), ns["y"], [n for n in ns["z"] if n != "__builtins__"], ns["g"](), ns["C"].__name__)
