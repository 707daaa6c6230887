"""Function objects: attributes, annotations, closures, code objects, __get__."""
import types


def f(a: int, b: "str" = "x", *c: float, d: list = None, **e: dict) -> bool:
    """Doc of f."""
    local = a
    return local


print(f.__doc__, f.__annotations__)
print(f.__code__.co_varnames, f.__code__.co_argcount, f.__code__.co_kwonlyargcount, f.__code__.co_posonlyargcount)
print(f.__code__.co_name, f.__code__.co_flags & 0xF, f.__code__.co_firstlineno)
f.custom = 1
print(f.__dict__, f.custom)
del f.custom
print(hasattr(f, "custom"), f.__module__, f.__globals__ is globals())


class C:
    def m(self):
        """method doc"""
        return self, 1

    @staticmethod
    def s(x):
        return x

    @classmethod
    def c(cls, x):
        return cls.__name__, x


c = C()
print(C.m.__qualname__, c.m.__func__ is C.m, c.m.__self__ is c, c.m.__doc__, c.m.__name__)
print(c.m == c.m, c.m is c.m, hash(c.m) == hash(c.m))
print(C.s(1), c.s(2), C.c(3), c.c(4), C.c.__self__ is C)
print(type(C.__dict__["s"]).__name__, C.__dict__["s"].__func__(8), C.__dict__["s"](9))
bound = f.__get__(5)
print(bound(), bound.__self__)
print(types.MethodType(lambda s, x: (s, x), "me")(1))
g = types.FunctionType(f.__code__, {}, "renamed")
print(g.__name__, g(3, "y", d=1))


def swap():
    return "one"


def other():
    return "two"


swap.__code__ = other.__code__
print(swap())


def outer():
    x = 1

    def inner():
        return x
    return inner


inner = outer()
print(inner.__closure__[0].cell_contents, inner.__qualname__, inner.__code__.co_freevars)
inner.__closure__[0].cell_contents = 50
print(inner())
print((lambda: 0).__name__, (lambda: 0).__qualname__)
try:
    f.__name__ = 5
except TypeError as e:
    print(e)
try:
    c.m.attr = 1
except AttributeError as e:
    print(e)
try:
    f.__code__ = 3
except TypeError as e:
    print(e)
code = f.__code__.replace(co_name="newname")
print(code.co_name, f.__code__.co_name, code.co_consts[0])
print(callable(f), callable(C), callable(c), callable(len), type(f).__name__, type(len).__name__, type(c.m).__name__)
print(types.SimpleNamespace(a=1, b="x"), eval(f.__code__.replace(co_flags=f.__code__.co_flags)) if 0 else "ok")
