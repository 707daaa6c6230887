"""Checks the results of the three `inc` modules in any runtime: check.py <folder of the .so files> [--dump].

Each call runs often enough to be compiled, and again with arguments that must take the wrapper. With --dump it prints
what every function gives for every edge argument, for a comparison of runtimes: the modules differ in nothing but
their names, so neither may the answers.
"""
import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from odd import CALLS, AsFloat, BadFloat, BadIndex, Float, Index, Int, LyingIndex  # noqa: E402

HOT = 3000
WARM = 40


def outcome(f, *args, **kwargs):
    """The result with its type, or the exception with its message."""
    try:
        r = f(*args, **kwargs)
    except Exception as e:
        return type(e).__name__, str(e)
    return type(r).__name__, r


def check_module(m):
    errors = []

    def expect(what, got, wanted):
        if got != wanted or repr(got) != repr(wanted):
            errors.append("%s: %s gave %.80s, not %.80s" % (m.__name__, what, repr(got), repr(wanted)))

    i = 0
    for _ in range(HOT):
        i = m.inc(i)
    expect("inc loop", i, HOT)
    for arg, want in ((-1, 0), (-2, -1), (2 ** 62, 2 ** 62 + 1), (2 ** 63 - 1, -2 ** 63), (-2 ** 63, -2 ** 63 + 1), (True, 2), (Index(), 42), (Int(5), 6)):
        expect("inc(%r)" % (type(arg).__name__,), m.inc(arg), want)
    for arg, kind in ((2 ** 63, "OverflowError"), (-2 ** 63 - 1, "OverflowError"), (1.5, "TypeError"), ("x", "TypeError"), (None, "TypeError")):
        expect("inc(%r)" % (arg,), outcome(m.inc, arg)[0], kind)
    expect("inc()", outcome(m.inc)[0], "TypeError")
    expect("inc(1, 2)", outcome(m.inc, 1, 2)[0], "TypeError")
    expect("inc(x=1)", outcome(m.inc, x=1)[0], "TypeError")

    s = 0.0
    for k in range(HOT):
        s = m.add(s, 0.5)
    expect("add loop", s, HOT * 0.5)
    expect("add(-0.0, -0.0)", repr(m.add(-0.0, -0.0)), "-0.0")
    expect("add nan", repr(m.add(float("nan"), 1.0)), "nan")
    expect("add(1, 2)", outcome(m.add, 1, 2), ("float", 3.0))
    expect("add(Float)", outcome(m.add, Float(1.5), True), ("float", 2.5))
    expect("add(-1.0, 0.0)", outcome(m.add, -1.0, 0.0), ("float", -1.0))
    expect("add('a', 1)", outcome(m.add, "a", 1), ("TypeError", "must be real number, not str"))
    expect("add(1)", outcome(m.add, 1), ("TypeError", "add() takes 2 arguments (1 given)"))

    total = raised = 0
    for k in range(HOT):
        try:
            total += m.checked(k % 20)
        except ValueError as e:
            raised += 1
            expect("checked message", str(e), "checked: 13 is not welcome")
    expect("checked raised", raised, HOT // 20)
    expect("checked total", total, (190 - 13 - 19) * (HOT // 20))
    expect("checked(0)", outcome(m.checked, 0), ("int", -1))
    expect("checked(big)", outcome(m.checked, 2 ** 70)[0], "OverflowError")

    x = 2 ** 61
    seen = []
    for k in range(HOT):
        x = m.wide(x * 2 + 1) if k % 100 == 0 else m.wide(x)
        if k % 500 == 0:
            seen.append(x)
    y = 2 ** 61
    for k in range(HOT):
        y = (y * 2 + 1) ^ 1 if k % 100 == 0 else y ^ 1
    expect("wide loop", x, y)
    expect("wide(-2**100)", m.wide(-2 ** 100), -2 ** 100 ^ 1)
    expect("wide('a')", outcome(m.wide, "a")[0], "TypeError")

    for f, args, kwargs in ((m.noop, (), {}), (m.noop_o, (1,), {}), (m.noop_fast, (1, 2, 3), {}), (m.noop_fastkw, (1,), {"k": 2}), (m.noop_varargs, (1, "x"), {})):
        for _ in range(300):
            if f(*args, **kwargs) is not None:
                errors.append("%s: not None" % f.__name__)
    expect("noop(1)", outcome(m.noop, 1)[0], "TypeError")
    expect("noop_o()", outcome(m.noop_o)[0], "TypeError")
    expect("noop_fast(k=1)", outcome(m.noop_fast, k=1)[0], "TypeError")

    h = 0
    for k in range(HOT):
        h ^= m.mix(12345) ^ m.mix(k)
    h2 = 0
    for k in range(HOT):
        h2 ^= mix(12345) ^ mix(k)
    expect("mix", h, h2)

    p = 0.0
    for k in range(HOT):
        p += m.power(1.5) + m.power(2.0, 3) + m.power(base=0.5, exponent=1) + m.power(3.0, exponent=k % 3)
    expect("power", p, HOT * (2.25 + 8.0 + 0.5) + (HOT // 3) * 13.0)
    expect("power(2)", outcome(m.power, 2), ("float", 4.0))
    expect("power(x=1)", outcome(m.power, x=1)[0], "TypeError")
    expect("power('a')", outcome(m.power, "a"), ("TypeError", "must be real number, not str"))

    sc = m.Scaler(2.5)
    t = 0.0
    for k in range(HOT):
        t += sc.scale(k * 0.5)
    expect("scale", t, sum(k * 0.5 * 2.5 for k in range(HOT)))
    expect("scale(3)", outcome(sc.scale, 3), ("float", 7.5))
    expect("scale('x')", outcome(sc.scale, "x"), ("TypeError", "must be real number, not str"))
    expect("calls", sc.calls, HOT + 1)

    class Sub(m.Scaler):
        pass

    sub = Sub(4.0)
    sub.note = "extra"
    bound = sub.scale
    expect("Sub.scale", [bound(2.0) for _ in range(200)], [8.0] * 200)
    expect("Scaler.scale(sub)", m.Scaler.scale(sub, 1.0), 4.0)
    expect("Scaler.scale(5, 1.0)", outcome(m.Scaler.scale, 5, 1.0)[0], "TypeError")
    expect("Scaler()", outcome(m.Scaler)[0], "TypeError")
    return errors


def mix(x):
    mask = 2 ** 64 - 1
    h = x & mask
    for _ in range(8):
        h ^= h >> 29
        h = h * 0x9E3779B97F4A7C15 & mask
    return h >> 2


INF = float("inf")

EDGES = (
    0, 1, -1, 12, 13, 14, -2, 255, 256, 257, -5, -6, 2 ** 29, 2 ** 30 - 1, 2 ** 30, -2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32,
    2 ** 52, 2 ** 53 + 1, 2 ** 59, 2 ** 60 - 1, 2 ** 60, 2 ** 61, 2 ** 62 - 1, 2 ** 62, -2 ** 62, -2 ** 62 - 1, 2 ** 63 - 2, 2 ** 63 - 1,
    2 ** 63, -2 ** 63, -2 ** 63 - 1, 2 ** 64 - 1, 2 ** 64, -2 ** 64, 10 ** 30, -10 ** 30, 2 ** 1023, 2 ** 1024, 10 ** 400,
    True, False, Int(5), Int(13), Int(2 ** 70), Index(), BadIndex(), LyingIndex(),
    0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 5e-324, 2.2250738585072014e-308, 1e-310, 1.7976931348623157e308, 1e308, INF, -INF, INF - INF,
    0.1, 1 / 3, 123456789.125, Float(1.5), Float("nan"), AsFloat(), BadFloat(),
    None, "x", "", b"1", (), (1,), [], {}, object, 1j, Ellipsis, NotImplemented, int, len,
)

WARM_UP = {
    "inc": (3,), "add": (1.5, 2.5), "checked": (5,), "wide": (7,), "noop": (), "noop_o": (1,), "noop_fast": (1, 2),
    "noop_fastkw": (1,), "noop_varargs": (1,), "mix": (9,), "power": (2.0, 3),
}


def show(x):
    """A text for a value or a parameter that is the same in every run."""
    if isinstance(x, (Index, AsFloat, BadIndex, BadFloat, LyingIndex)):
        return type(x).__name__ + "()"
    text = repr(x)
    return text if len(text) < 60 else text[:25] + "..%d.." % len(text) + text[-25:]


def answer(m, f, *args, **kwargs):
    """What a call gives, without the module's name."""
    kind, result = outcome(f, *args, **kwargs)
    text = result if isinstance(result, str) and kind != "str" else show(result)
    return "%s %s" % (kind, text.replace(m.__name__, "MODULE"))


def dump_module(m):
    lines = []
    functions = [(name, getattr(m, name), args) for name, args in WARM_UP.items()]
    functions.append(("Scaler.scale", m.Scaler(2.5).scale, (1.5,)))
    for name, f, args in functions:
        def note(*a, **k):
            given = [show(x) for x in a] + ["%s=%s" % (n, show(x)) for n, x in k.items()]
            call = CALLS[len(a)] if len(a) < len(CALLS) and not k else None
            said = answer(m, call, f, *a) if call else answer(m, f, *a, **k)
            lines.append("%s(%s): %s" % (name, ", ".join(given), said))

        for _ in range(WARM):
            note(*args)
        del lines[1 - WARM:]
        note()
        for a in EDGES:
            note(a)
            for _ in range(3):
                note(*args)
                lines.pop()
        for a in EDGES[::5]:
            # power() multiplies as often as its exponent says.
            if name == "power" and isinstance(a, int) and 1000 < a < 2 ** 63:
                continue
            note(1.25, a)
            note(a, 2)
            note(a, a)
        note(1, 2, 3)
        note(x=1)
        note(1, x=1)
        note(base=2.0)
        note(2.0, exponent=3)
        note(exponent=2, base=1.5)
        note(2.0, exponent=3, other=4)
        note(*range(12))
    s = m.Scaler(3.0)
    for bad in ((), (5,), (m.Scaler, 1.0), (None, 1.0), (s,), (s, 1.0, 2.0), (s, "x"), (s, 2.0)):
        lines.append("Scaler.scale%s: %s" % (len(bad), answer(m, m.Scaler.scale, *bad)))
    for args, kwargs in (((), {}), ((1,), {}), (("x",), {}), ((1, 2), {}), ((), {"factor": 2}), ((), {"other": 2})):
        try:
            made = m.Scaler(*args, **kwargs).scale(1.0)
        except Exception as e:
            made = "%s: %s" % (type(e).__name__, e)
        lines.append("Scaler(%r, %r): %s" % (args, kwargs, made))
    lines.append("calls: %d" % s.calls)
    return lines


def main():
    sys.path.insert(0, sys.argv[1])
    modules = [__import__(name) for name in ("inc_plain", "inc_table", "inc_flag")]
    if sys.argv[2:] == ["--dump"]:
        for m in modules:
            print("\n".join("%s: %s" % (m.__name__, line) for line in dump_module(m)))
        return 0
    errors = []
    for m in modules:
        errors += check_module(m)
    first, *others = [dump_module(m) for m in modules]
    for m, lines in zip(modules[1:], others):
        errors += ["%s: %s, not %s" % (m.__name__, b, a) for a, b in zip(first, lines) if a != b]
    for e in errors:
        print(e)
    print("inc modules: %s" % ("ok" if not errors else "%d wrong" % len(errors)))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
