"""except* and exception groups."""
import traceback
import sys


def run(exc):
    try:
        raise exc
    except* ValueError as g:
        print("  value", type(g).__name__, [repr(e) for e in g.exceptions])
    except* (TypeError, KeyError) as g:
        print("  type/key", repr(g))
    else:
        print("  else")
    finally:
        print("  finally")


eg = ExceptionGroup
for exc in (
    eg("one", [ValueError(1), TypeError(2)]),
    eg("nest", [ValueError(1), eg("in", [KeyError("k"), ValueError(3)])]),
    ValueError("naked"),
):
    print(repr(exc))
    run(exc)
try:
    run(eg("rest", [ValueError(1), OSError(5), eg("deep", [OSError(6), TypeError()])]))
except ExceptionGroup as g:
    print("left", repr(g))
try:
    try:
        raise eg("a", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise KeyError("new")
except ExceptionGroup as g:
    print(repr(g), [repr(x.__context__) for x in g.exceptions])
try:
    pass
except* ValueError:
    print("not")
else:
    print("plain else")
g = eg("top", [ValueError(1), eg("sub", [TypeError(2), ValueError(3)])])
print(g.split(ValueError))
print(g.subgroup(lambda e: isinstance(e, TypeError)))
print(g.subgroup(KeyError), g.message, len(g.exceptions))
print(g.derive([OSError(1)]))
traceback.print_exception(g, file=sys.stdout)
print(type(BaseExceptionGroup("x", [ValueError()])).__name__, type(BaseExceptionGroup("x", [KeyboardInterrupt()])).__name__)
for args in (("m",), ("m", []), (1, [ValueError()]), ("m", [5]), ("m", [KeyboardInterrupt()])):
    try:
        ExceptionGroup(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)


def loop():
    out = []
    for i in range(3):
        try:
            raise eg("l", [ValueError(i)])
        except* ValueError as e:
            out.append(str(e.exceptions[0]))
    return out


print(loop())
try:
    try:
        raise eg("x", [eg("y", [ValueError(1)])])
    except* ExceptionGroup:
        pass
except TypeError as e:
    print(e)
try:
    raise eg("re", [ValueError(1), ValueError(2)])
except* ValueError as e:
    print(e, sys.exc_info()[0].__name__)
print(sys.exc_info())
