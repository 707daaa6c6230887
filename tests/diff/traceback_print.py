"""Tracebacks through the traceback module, with carets."""
import sys
import traceback


def f(a, b):
    return a["x"]["y"] + b.attr.other(3)


def g():
    return f({"x": {"y": 1}}, 5) * 2


def h(n):
    if n == 0:
        return [1, 2, 3][10]
    return h(n - 1)


def multi():
    value = (1 +
             2 / 0 +
             3)
    return value


def attr():
    class K:
        pass
    k = K()
    return k.one.two


def call_mismatch():
    return f(1)


def unpack():
    a, b = [1, 2, 3]


def index_assign():
    t = (1, 2)
    t[0] = 5


def name():
    return undefined_thing + 1


def binop():
    x = 3
    y = "s"
    z = x * 2 + y
    return z


def in_comp():
    return [1 / (2 - i) for i in range(5)]


def in_lambda():
    return (lambda q: q.nope)(1)


for fn in (g, lambda: h(3), lambda: h(12), multi, attr, call_mismatch, unpack, index_assign, name, binop, in_comp, in_lambda):
    try:
        fn()
    except Exception:
        traceback.print_exc(file=sys.stdout)
try:
    exec(compile("x = 1\ny = x +\\\n  zz\n", "<made>", "exec"))
except NameError as e:
    tb = e.__traceback__
    while tb:
        print(tb.tb_lineno, tb.tb_frame.f_code.co_name, tb.tb_frame.f_code.co_filename.rsplit("/", 1)[-1])
        tb = tb.tb_next
    traceback.print_exc(file=sys.stdout)
print([(s.lineno, s.name, s.line) for s in traceback.extract_stack()])
try:
    raise ValueError("multi\nline")
except ValueError as e:
    print(traceback.format_exception_only(e))
    print(traceback.format_tb(e.__traceback__, limit=1)[0].count("\n"))
