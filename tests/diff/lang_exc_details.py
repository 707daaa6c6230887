"""Exception hierarchy facts, handler clean-up, re-raise identity, finally ordering, exc_info nesting, sys.exception."""
import sys


def depth():
    out = []
    try:
        raise ValueError(1)
    except ValueError:
        out.append(sys.exc_info()[1].args)
        try:
            raise KeyError(2)
        except KeyError:
            out.append(sys.exc_info()[1].args)
        out.append(sys.exc_info()[1].args)
        out.append(sys.exception().args)
    out.append(sys.exc_info())
    return out


print(depth())


def f(order):
    for i in range(2):
        try:
            order.append(f"try{i}")
            try:
                if i:
                    raise IndexError
            finally:
                order.append("inner finally")
        except IndexError:
            order.append("handler")
            return order
        finally:
            order.append("outer finally")


print(f([]))


def lost():
    try:
        raise ValueError
    finally:
        return "return wins"


def brk():
    while True:
        try:
            raise ValueError
        finally:
            break
    return "break wins"


def nested_return():
    try:
        try:
            return "inner"
        finally:
            raise KeyError
    except KeyError:
        return "handler"


print(lost(), brk(), nested_return())
e1 = ValueError("same")
try:
    try:
        raise e1
    except ValueError as e:
        raise
except ValueError as e2:
    print(e2 is e1, e1.__context__, len([1 for _ in iter(lambda s=[e2.__traceback__]: s.__setitem__(0, s[0].tb_next) or s[0], None)]))
try:
    try:
        raise TypeError("one")
    except TypeError as a:
        try:
            raise ValueError("two")
        except ValueError as b:
            raise a
except TypeError as c:
    print(repr(c), repr(c.__context__), c.__context__.__context__)


class E(Exception):
    def __init__(self, a, b=2):
        self.a = a


print(repr(E(1)), E(1).args, str(E(5, b=3)), E(1, 2).args)


class Multi(KeyError, AttributeError):
    pass


try:
    raise Multi("m")
except AttributeError as e:
    print(type(e).__name__, e)
try:
    BaseException.__new__(ValueError, 1)
    raise BaseException.__new__(ValueError, 7)
except ValueError as e:
    print(e.args)
for name in ("ValueError", "KeyError", "OSError", "UnicodeDecodeError", "ModuleNotFoundError", "RecursionError", "NotImplementedError", "FloatingPointError", "IndentationError", "ConnectionResetError", "StopAsyncIteration", "GeneratorExit", "KeyboardInterrupt", "EncodingWarning", "ExceptionGroup", "BlockingIOError", "TimeoutError"):
    print(name, [c.__name__ for c in getattr(__builtins__, name).__mro__[1:-1]])
print(type(OSError(2, "x")).__name__, type(OSError(17, "x")).__name__, type(OSError(13, "x")).__name__, type(OSError(110, "")).__name__, type(OSError(9999, "")).__name__, OSError is IOError is EnvironmentError)
for args in ((), ("a",), ("a", "b"), (1, "m", "f"), (1, "m", "f", None, "g")):
    o = OSError(*args)
    print(o, o.args, o.errno, o.strerror, o.filename)
u = UnicodeEncodeError("ascii", "aé", 1, 2, "why")
print(u, u.start, u.end, u.object, u.reason, u.encoding)
s = StopIteration(1, 2)
print(s.value, s.args, SystemExit().code, SystemExit(1, 2).code, SystemExit("m"))
try:
    raise type("Dyn", (Exception,), {"__str__": lambda s: "dynamic str"})(1)
except Exception as e:
    print(e, repr(e), type(e).__name__)
x = ValueError("state")
x.extra = 1
y = ValueError.__reduce__(x)
print(y[1:], x.__dict__)
try:
    x.args = 5
except TypeError as e:
    print(e)
try:
    x.__cause__ = 5
except TypeError as e:
    print(e)
try:
    x.__traceback__ = 5
except TypeError as e:
    print(e)
try:
    ValueError(1, a=2)
except TypeError as e:
    print(e)
