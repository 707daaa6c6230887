"""Nanoseconds per call of the same functions in several modules: measure.py ROUNDS MODULE...

Prints lines of words with tabs between: ns, shape, module, the rounds' times; or failed, what, why.

Every round measures every module once, one after the other, so that a slow moment of the machine meets all. Each module
has code of its own for each shape, because CPython specialises call sites. The empty loop is measured too and taken off.
"""
import sys
import time

CALLS = 20
REPEAT = 3

SHAPES = {
    "noop()": ("f = m.noargs", "f()"),
    "noop(x)": ("f = m.noop; x = object()", "f(x)"),
    "inc(i)": ("f = m.inc; x = 1000", "f(x)"),
    "add(a, b)": ("f = m.add; x = 1.5; y = 2.25", "f(x, y)"),
    "fma(a, b, c)": ("f = m.fma; x = 1.5; y = 2.25; z = 0.5", "f(x, y, z)"),
    "o.scale(x)": ("o = m.Scaler(2.5); x = 1.5", "o.scale(x)"),
    "keyword(a, b=2)": ("f = m.keyword; x = 1.5", "f(x, b=2)"),
    "text(s)": ("f = m.text; x = 'some text'", "f(x)"),
    "data(b)": ("f = m.data; x = b'some bytes'", "f(x)"),
    "raises(i)": ("f = m.raises; x = 13", None),
}
RAISING = "try:\n            f(x)\n        except ValueError:\n            pass"


def loop(setup, body, times):
    """A function that runs the body `times` times CALLS per iteration and gives nanoseconds per run of it."""
    lines = "\n        ".join([body] * CALLS) if body else "pass"
    text = f"def run(m, n, clock):\n    {setup}\n    start = clock()\n    for _ in range(n):\n        {lines}\n    return (clock() - start) / n / {CALLS}\n"
    space = {}
    exec(text, space)
    run = space["run"]
    n = max(1, times // CALLS)

    def best(m):
        return min(run(m, n, time.perf_counter_ns) for _ in range(REPEAT))

    return best


def main():
    rounds, names = int(sys.argv[1]), sys.argv[2:]
    modules, failed = {}, {}
    for name in names:
        try:
            modules[name] = __import__(name)
        except Exception as e:
            failed[name] = "%s: %s" % (type(e).__name__, e)
    loops, empty = {}, {}
    for shape, (setup, body) in SHAPES.items():
        times = 2000 if body is None else 40000
        empty[shape] = loop(setup, "pass", times)
        for name in modules:
            loops[shape, name] = loop(setup, body or RAISING, times)
    ns = {shape: {name: [] for name in modules} for shape in SHAPES}
    for turn in range(rounds + 1):
        for shape in SHAPES:
            base = None
            for name, m in modules.items():
                try:
                    if base is None:
                        base = empty[shape](m)
                    t = loops[shape, name](m) - base
                except Exception as e:
                    failed["%s %s" % (name, shape)] = "%s: %s" % (type(e).__name__, e)
                    continue
                if turn:
                    ns[shape][name].append(round(t, 3))
    print("runtime", sys.implementation.name, sys.version.split()[0], sep="\t")
    for shape, by_module in ns.items():
        for name, times in by_module.items():
            print("ns", shape, name, " ".join(map(str, times)), sep="\t")
    for what, why in failed.items():
        print("failed", what, why.replace("\n", " ").replace("\t", " "), sep="\t")


main()
