import symtable, _symtable
src = '''
import os
from sys import path as p
x = 1
def f(a, b=2, *c, d, **e):
    global x
    y: int = a
    def g():
        nonlocal y
        y = b
        return [z for z in c if z in e]
    class K:
        attr = y
        def m(self): return __class__, super().m()
    return g, lambda q: q + d
class A(object):
    t = x
    def f(self): return self.t
async def co():
    async for i in f(1): yield i
'''
def show(t, n=0):
    print(' ' * n, t.get_type(), t.get_name(), t.get_lineno(), t.is_optimized(), t.is_nested(), t.has_children(), sorted(t.get_identifiers()))
    if t.get_type() == 'function':
        print(' ' * n, t.get_parameters(), sorted(t.get_locals()), sorted(t.get_globals()), sorted(t.get_nonlocals()), sorted(t.get_frees()))
    for s in sorted(t.get_symbols(), key=lambda s: s.get_name()):
        print(' ' * n, s.get_name(), s.is_referenced(), s.is_parameter(), s.is_global(), s.is_nonlocal(), s.is_declared_global(), s.is_local(), s.is_annotated(), s.is_free(), s.is_imported(), s.is_assigned(), s.is_namespace())
    for c in t.get_children(): show(c, n + 1)
show(symtable.symtable(src, 'f.py', 'exec'))
show(symtable.symtable('lambda x: x + y', 'f.py', 'eval'))
for a in [("x=", "f", "exec"), ("x", "f", "bad"), (1, "f", "exec"), ("x", 1, "exec"), ("def f(a,a):pass", "f", "exec"), ("x", "f"), ("x", "f", 3)]:
    try: print(_symtable.symtable(*a))
    except Exception as e: print(type(e), e)
t = _symtable.symtable("x", "f", "exec")
import warnings, _symtable
warnings.simplefilter("always")
for v in (bytearray(b"spam"), memoryview(b"spam"), list(b"x")):
    for f in (lambda: compile("pass", v, "exec"), lambda: _symtable.symtable("pass", v, "exec")):
        with warnings.catch_warnings(record=True) as w:
            warnings.simplefilter("always")
            try: print(type(f()).__name__)
            except Exception as e: print(type(e), e)
        print([str(x.message) for x in w])
