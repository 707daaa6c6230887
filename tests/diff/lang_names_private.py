"""Name mangling, dunder lookup, annotations, __future__ annotations, docstrings, constants, identifiers."""
from __future__ import annotations
import typing


class _Lead:
    __x = 1

    def __m(self):
        return self.__x

    def call(self, __arg=3):
        __loc = 5
        return self.__m(), __arg, sorted(locals())

    def setter(self):
        self.__y = 2
        self.__z__ = 3
        global __g
        __g = 4
        import os as __os
        return [k for k in vars(self)], __os.sep

    __slots_like = {"__x": 1}

    class __Inner:
        pass

    def inner(self):
        return self.__Inner.__qualname__

    lam = lambda self: self.__x


l = _Lead()
print(l.call(), l.setter(), l.inner(), l.lam(), sorted(k for k in vars(_Lead) if "x" in k), _Lead__g if "_Lead__g" in globals() else "no g")
try:
    l.__x
except AttributeError as e:
    print(e)


class A:
    attr: UndefinedType = 1
    other: int
    "not a doc"
    (paren): float = 2


print(A.__annotations__, A.__doc__, A.attr)


def f(a: Nope, *b: "str", c: list[int] = ()) -> Missing:
    """doc"""
    x: AlsoMissing = 1
    y: Undefined
    return x


print(f.__annotations__, f(1), f.__doc__)
try:
    typing.get_type_hints(f)
except NameError as e:
    print(e)


def nodoc():
    f"not {1} doc"


def concat():
    "a" "b"


print(nodoc.__doc__, concat.__doc__, __doc__[:4])
z: int
try:
    z
except NameError as e:
    print(e)
print(__annotations__)
été = 1
print(été, ascii("été".encode()), "ℌ".isidentifier(), vars().get("H"))
print(0xFF, 0o17, 0b11, 1_000, 1e3, 1E-2, .5, 5., 1j, 0xDEAD_BEEF, 00, 1_0.0_1)
print("\101\x41\u0041\U00000041\N{LATIN SMALL LETTER A}\
joined", r"\n", b"\x00\'", "a" 'b' """c
d""", u"u", rb"\x", Rb"\y", "tab\there")
print(True, False, None, ..., __debug__, Ellipsis is ..., type(NotImplemented).__name__)
if True: print("one"); print("two")
while False: pass
else: print("else")
class E: x = 1; y = 2
print(E.x, E.y); assert True, "no"
x = (1,
     # comment

     2)
y = x \
    + (3,)
print(x, y)
