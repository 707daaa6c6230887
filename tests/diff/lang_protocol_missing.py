"""Special methods set to None, defined on instances, inherited oddly, or returning wrong types."""


class N:
    __hash__ = None
    __iter__ = None
    __add__ = None
    __contains__ = None
    __call__ = None
    __len__ = None
    __bool__ = None
    __getitem__ = lambda self, i: i


n = N()
for e in ("hash(n)", "iter(n)", "n + 1", "1 in n", "n()", "len(n)", "bool(n)", "n[3]", "reversed(n)", "callable(n)", "[*n]"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class W:
    def __str__(self): return 5
    def __repr__(self): return b"x"
    def __hash__(self): return "h"
    def __len__(self): return "l"
    def __bool__(self): return 1
    def __int__(self): return 1.5
    def __float__(self): return 1
    def __complex__(self): return 1.0
    def __index__(self): return 1.0
    def __bytes__(self): return "s"
    def __format__(self, s): return 5
    def __iter__(self): return self
    def __contains__(self, x): return [x]
    def __enter__(self): return self
    def __dir__(self): return 5
    def __sizeof__(self): return "a"
    def __instancecheck__(self, o): return "truthy"
    def __length_hint__(self): return -5
    def __round__(self, n=None): return "round"
    def __reversed__(self): return "reversed ok"
    def __set_name__(self, o, n): raise ValueError("set_name failed")


w = W()
for e in ("str(w)", "repr(w)", "hash(w)", "len(w)", "bool(w)", "int(w)", "float(w)", "complex(w)", "[1, 2][w]", "bytes(w)", "format(w)", "iter(w)", "1 in w", "dir(w)", "isinstance(1, w)", "list(w)", "round(w)", "reversed(w)", "f'{w}'", "'%s' % w", "'%d' % w", "range(w)", "hex(w)", "'ab'[w:]", "{w: 1}", "type('T', (), {'w': w})"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, str(x)[:70])


class Inst:
    pass


i = Inst()
i.__len__ = lambda: 5
i.__call__ = lambda: 6
i.__eq__ = lambda o: True
i.__enter__ = lambda: 1
for e in ("len(i)", "i()", "i == 1", "i.__len__()", "i.__call__()"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class EqOnly:
    def __eq__(self, o):
        return True


class EqHash(EqOnly):
    __hash__ = object.__hash__


print(EqOnly.__hash__, EqHash.__hash__ is object.__hash__, EqOnly() != 5, EqOnly() in [1], [1].index(EqOnly()))
try:
    {EqOnly()}
except TypeError as e:
    print(e)


class Left:
    def __eq__(self, o): return NotImplemented
    def __lt__(self, o): return NotImplemented
    def __add__(self, o): return NotImplemented
    def __iadd__(self, o): return NotImplemented


l = Left()
print(l == 1, l != 1, l == l)
for e in ("l < 1", "l + 1"):
    try:
        eval(e)
    except TypeError as x:
        print(x)
try:
    l += 1
except TypeError as x:
    print(x)
print(object.__eq__(1, 2), object.__lt__(1, 2), object.__ne__(l, l), int.__add__(1, "a"), (1).__eq__("1"), "a".__lt__(1), [].__eq__(()), object().__reduce_ex__(2)[0].__name__, object.__repr__(5)[:11], object.__str__("x"))


class Getattr:
    def __getattr__(self, n):
        if n == "__len__":
            return lambda: 3
        raise AttributeError(n)


try:
    len(Getattr())
except TypeError as x:
    print(x)
print(Getattr().__len__(), hasattr(Getattr(), "zzz"))


class Deep:
    def __getattribute__(self, n):
        raise KeyError(n)


try:
    Deep().x
except KeyError as x:
    print(repr(x))
try:
    hasattr(Deep(), "y")
except KeyError as x:
    print("hasattr lets it through", x)
