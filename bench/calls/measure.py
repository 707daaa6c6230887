"""Nanoseconds per call of the same functions in several modules: measure.py ROUNDS MODULE...

Prints lines of words with tabs between: ns, shape, module, the rounds' times; or failed, what, why.

Every round measures every module once, one after the other, so that a slow moment of the machine meets all. Each module
has code of its own for each shape, because CPython specialises call sites. The empty loop is measured too and taken off.
"""
import sys
import time

CALLS = 20
REPEAT = 3

# The attribute a module needs for it, local variables, the call. Functions are globals of the measuring function, as
# they are where they have been imported.
SHAPES = {
    "noop()": ("noargs", "pass", "noargs()"),
    "noop(x)": ("noop", "x = object()", "noop(x)"),
    "inc(i)": ("inc", "x = 1000", "inc(x)"),
    "add(a, b)": ("add", "x = 1.5; y = 2.25", "add(x, y)"),
    "fma(a, b, c)": ("fma", "x = 1.5; y = 2.25; z = 0.5", "fma(x, y, z)"),
    "o.scale(x)": ("Scaler", "o = Scaler(2.5); x = 1.5", "o.scale(x)"),
    "keyword(a, b=2)": ("keyword", "x = 1.5", "keyword(x, b=2)"),
    "text(s)": ("text", "x = 'some text'", "text(x)"),
    "data(b)": ("data", "x = b'some bytes'", "data(x)"),
    "raises(i)": ("raises", "x = 13", None),
}
RAISING = "try:\n            raises(x)\n        except ValueError:\n            pass"


def loop(module, name, setup, body, times):
    """A function that gives nanoseconds per call."""
    lines = "\n        ".join([body] * CALLS)
    text = f"def run(n, clock):\n    {setup}\n    start = clock()\n    for _ in range(n):\n        {lines}\n    return (clock() - start) / n / {CALLS}\n"
    space = {name: getattr(module, name)}
    exec(text, space)
    run = space["run"]
    n = max(1, times // CALLS)
    return lambda: min(run(n, time.perf_counter_ns) for _ in range(REPEAT))


def main():
    rounds, names = int(sys.argv[1]), sys.argv[2:]
    modules, failed = {}, {}
    for name in names:
        try:
            modules[name] = __import__(name)
        except Exception as e:
            failed[name] = "%s: %s" % (type(e).__name__, e)
    loops, empty = {}, {}
    for shape, (needed, setup, body) in SHAPES.items():
        times = 2000 if body is None else 40000
        for name, module in modules.items():
            if hasattr(module, needed):
                empty.setdefault(shape, loop(module, needed, setup, "pass", times))
                loops[shape, name] = loop(module, needed, setup, body or RAISING, times)
    ns = {shape: {name: [] for name in modules} for shape in SHAPES}
    for turn in range(rounds + 1):
        for shape in SHAPES:
            base = empty[shape]()
            for name in modules:
                if (shape, name) in loops:
                    t = loops[shape, name]() - base
                    if turn:
                        ns[shape][name].append(round(t, 3))
    print("runtime", sys.implementation.name, sys.version.split()[0], sep="\t")
    for shape, by_module in ns.items():
        for name, times in by_module.items():
            print("ns", shape, name, " ".join(map(str, times)), sep="\t")
    for what, why in failed.items():
        print("failed", what, why.replace("\n", " ").replace("\t", " "), sep="\t")


main()
