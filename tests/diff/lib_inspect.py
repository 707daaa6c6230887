"""inspect.signature and friends."""
import inspect


def f(a, b: int = 2, /, c="x", *args: float, d, e=None, **kw) -> str:
    """Doc
       indented
    line"""


class C:
    def __init__(self, x, y=1): ...
    def m(self, q): ...
    @classmethod
    def c(cls, z): ...
    @staticmethod
    def s(w=5): ...
    def __call__(self, call_arg): ...


class M(type):
    def __call__(cls, meta_arg): ...


class D(metaclass=M): ...


class E:
    def __new__(cls, new_arg=3): ...


for o in (f, C, C.m, C(1).m, C.c, C.s, C(1), D, E, lambda x, *y: 0, len, sorted, int.bit_length, print, str.join, [].append, isinstance):
    print(inspect.signature(o))
sig = inspect.signature(f)
for p in sig.parameters.values():
    print(p, p.name, p.kind.name, p.default if p.default is not p.empty else "-", p.annotation if p.annotation is not p.empty else "-")
ba = sig.bind(1, d=4, z=9)
print(ba.arguments, ba.args, ba.kwargs)
ba.apply_defaults()
print(ba)
for a, k in (((), {}), ((1,), {}), ((1,), {"d": 1, "a": 2}), ((1, 2, 3), {"c": 1, "d": 2})):
    try:
        print(sig.bind(*a, **k))
    except TypeError as e:
        print(e)
print(sig.replace(return_annotation=sig.empty, parameters=[p for p in sig.parameters.values() if p.kind is not p.VAR_KEYWORD]), sig == inspect.signature(f), sig.return_annotation)
print(inspect.isfunction(f), inspect.ismethod(C(1).m), inspect.isclass(C), inspect.isbuiltin(len), inspect.isgeneratorfunction(lambda: (yield)), inspect.iscoroutinefunction(f), inspect.ismodule(inspect), inspect.isroutine(len), inspect.isdatadescriptor(property()), inspect.ismethoddescriptor(str.join))
print(inspect.getdoc(f), inspect.cleandoc("  a\n    b"), inspect.getmodule(f).__name__, inspect.getfullargspec(f), inspect.getmro(C))
print(inspect.getsource(E), inspect.getsourcelines(C.m)[1], inspect.getclosurevars(lambda: f).globals.keys(), [n for n, _ in inspect.getmembers(C) if not n.startswith("__")], inspect.getattr_static(C, "c").__class__.__name__)
fr = inspect.currentframe()
print(fr.f_lineno, inspect.getframeinfo(fr).function, inspect.stack()[0].lineno, inspect.unwrap(f) is f, inspect.signature(__import__("functools").partial(f, 1, d=5)))
for bad in (5, type, dict):
    try:
        print(inspect.signature(bad))
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
