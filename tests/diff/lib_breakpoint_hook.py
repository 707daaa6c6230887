# What `breakpoint()` calls: $PYTHONBREAKPOINT.
import os
import sys
import warnings

called = []
sys.modules["helper_for_breakpoint"] = type(sys)("helper_for_breakpoint")
sys.modules["helper_for_breakpoint"].hook = lambda *a, **k: called.append((a, k)) or "result"
for name in ["0", "helper_for_breakpoint.hook", "int", "nosuch", "nosuch.x", "os.nosuch", ".", "..", ".foo", "foo.", "/./"]:
    os.environ["PYTHONBREAKPOINT"] = name
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            r = breakpoint("7")
        except Exception as e:
            r = f"{type(e).__name__}: {e}"
    print(repr(name), r, called, [(w.category.__name__, str(w.message)) for w in seen])
os.environ["PYTHONBREAKPOINT"] = "helper_for_breakpoint.hook"
print(breakpoint(1, k=2), called)

# Relative imports from globals that do not say which package they are in.
for g in [{"__package__": None, "__spec__": None, "__name__": "__main__"}, {"__name__": "a.b", "__package__": ""}, {"__name__": "nosuchpkg.b"},
          {}, {"__package__": 1}, {"__name__": 1}, {"__package__": "xml", "__spec__": sys.__spec__}]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            r = __import__("", g, {}, ("foo",), 1)
        except Exception as e:
            r = f"{type(e).__name__}: {e}"
    print(r if isinstance(r, str) else r.__name__, [(w.category.__name__, str(w.message)) for w in seen])

# What pickling asks for.
import copyreg
class Ex:
    def __init__(self, r): self.r = r
    def __getnewargs_ex__(self): return self.r
for r in [1, (), (1,), (1, 2), ((), 3), ([], {}), ((1,), {"a": 2}), ((), {})]:
    try:
        f, args = Ex(r).__reduce_ex__(2)[:2]
        print(f.__name__, args)
    except Exception as e:
        print(type(e).__name__, e)
class Any:
    def __getattr__(self, name):
        print("asked for", name)
        raise AttributeError(name)
a = Any()
a.x = 1
print(a.__reduce_ex__(2)[1:], a.__getstate__() is a.__dict__)
class Sl:
    __slots__ = ("a", "__b")
s = Sl()
s.a = 1
print(s.__getstate__(), Sl.__slotnames__)
