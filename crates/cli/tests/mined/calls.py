"""Calls every function of the module with arguments of many kinds; with --ways it says which way the calls took, too."""
import sys
import mined

WAYS = "--ways" in sys.argv


class Int(int):
    pass


class Str(str):
    pass


class Index:
    def __index__(self):
        return 7


ARGS = (0, 1, -1, 12, 13, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63, 2**70, True, False, 1.5, -0.0, float("nan"), "abc", "\u20ac",
        Str("sub"), b"xy", None, [], Int(5), Index(), 1j)
NAMES = ("inc", "flip", "scale", "same", "width", "both", "neither", "alias", "honest", "method")


def call(f, *args):
    try:
        return repr(f(args[0]) if len(args) == 1 else f(*args))
    except Exception as e:
        return "%s: %s" % (type(e).__name__, e)


for name in NAMES:
    f = getattr(mined, name)
    said = []
    mined.counts()
    for a in ARGS:
        text = call(f, a)
        said.append("%s -> %s" % ("-" if isinstance(a, (Index, list)) else repr(a), text if "object at" not in text else "object"))
    said.append(call(f))
    said.append(call(f, 1.0, 2.0))
    said.append(call(f, 1.0, 2.0, 3.0))
    print(name, *said, sep="\n    ")
    if WAYS:
        print("    directly and by the wrapper:", mined.counts())


def loop(n):
    x, on = 0, False
    for i in range(n):
        x = mined.inc(x) if x < 12 else 0
        on = mined.flip(on)
    return x, on


print(loop(100000))
mined.counts()
mined.inc = lambda x: "replaced"
print(mined.inc(1), loop.__name__, mined.counts())
