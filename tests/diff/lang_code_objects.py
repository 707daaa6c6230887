"""Code object attributes, frames, line tables, dis-independent facts, positions."""
import sys
import types


def f(a, b=1, *c, d, **e):
    x = a
    y = [z for z in c]

    def g():
        return x
    return g, y


co = f.__code__
print(co.co_name, co.co_qualname, co.co_argcount, co.co_kwonlyargcount, co.co_posonlyargcount, co.co_varnames, co.co_cellvars, co.co_freevars, co.co_nlocals, co.co_filename == __file__, co.co_firstlineno)
for bit, name in ((1, "OPTIMIZED"), (2, "NEWLOCALS"), (4, "VARARGS"), (8, "VARKEYWORDS"), (16, "NESTED"), (32, "GENERATOR"), (128, "COROUTINE"), (512, "ASYNC_GENERATOR")):
    print(name, bool(co.co_flags & bit), end=" ")
print()


async def co1(): ...
async def co2(): yield
def ge(): yield
for fn in (co1, co2, ge, lambda: 0, f(1, d=2)[0]):
    print(fn.__name__, bool(fn.__code__.co_flags & 32), bool(fn.__code__.co_flags & 128), bool(fn.__code__.co_flags & 512), bool(fn.__code__.co_flags & 16))
print([k.co_name for k in co.co_consts if isinstance(k, types.CodeType)])
print(co == f.__code__, hash(co) == hash(f.__code__), co.replace(co_name="z").co_name, co.replace(co_firstlineno=99).co_firstlineno)
lines = [ln for _, _, ln in co.co_lines() if ln]
print(min(lines) - co.co_firstlineno, max(lines) - co.co_firstlineno)


def frames():
    fr = sys._getframe()
    x = 1
    d = fr.f_locals
    return fr.f_code.co_name, fr.f_lineno - fr.f_code.co_firstlineno, d["x"], fr.f_back.f_code.co_name, fr.f_globals is globals(), fr.f_builtins["len"] is len, fr.f_trace


print(frames())


def gen():
    v = 1
    yield v
    v = 2
    yield v


g = gen()
print(g.gi_frame.f_lineno - gen.__code__.co_firstlineno, g.gi_code is gen.__code__)
next(g)
print(g.gi_frame.f_lineno - gen.__code__.co_firstlineno, g.gi_frame.f_locals)
next(g)
print(g.gi_frame.f_lineno - gen.__code__.co_firstlineno, g.gi_frame.f_locals)
list(g)
print(g.gi_frame)


def tb():
    a = 1
    b = 0
    return (a +
            a / b)


try:
    tb()
except ZeroDivisionError as e:
    t = e.__traceback__
    print(t.tb_lineno, t.tb_next.tb_lineno - tb.__code__.co_firstlineno, t.tb_next.tb_frame.f_locals, t.tb_next.tb_frame.f_lineno - tb.__code__.co_firstlineno, t.tb_lasti >= 0)
    t2 = types.TracebackType(None, t.tb_next.tb_frame, t.tb_next.tb_lasti, 5)
    print(t2.tb_lineno, t2.tb_next)
    t.tb_next = None
    print(t.tb_next)
    t3 = e.with_traceback(t2).__traceback__
    print(t3 is t2)
m = compile("a = 1\nb = 2\ndef q():\n  'doc'\n  return a\nclass C:\n  x = 1\n", "fn", "exec")
print(m.co_names, m.co_name, m.co_filename, [c.co_name for c in m.co_consts if isinstance(c, types.CodeType)], m.co_flags & 3)
ns = {}
exec(m, ns)
print(ns["q"].__doc__, ns["q"](), ns["C"].x, ns["q"].__code__.co_firstlineno, ns["q"].__module__)
fr = sys._getframe()
print(fr.f_code.co_name, fr.f_lineno, fr.f_back)
