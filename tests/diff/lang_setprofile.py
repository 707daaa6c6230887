# The events of sys.setprofile: Python's and builtin functions, methods of builtin types, exceptions.
import sys

ev = []


def prof(frame, event, arg):
    code = frame.f_code
    if code.co_filename != __file__:
        return
    what = getattr(arg, "__qualname__", arg) if event.startswith("c_") else arg
    if event.startswith("c_"):
        what = (what, type(arg).__name__, type(getattr(arg, "__self__", None)).__name__)
    ev.append((event, code.co_name, frame.f_lineno - code.co_firstlineno, what))


def show(f, *args):
    ev.clear()
    sys.setprofile(prof)
    try:
        f(*args)
    except Exception as e:
        ev.append(type(e))
    sys.setprofile(None)
    print(f.__name__)
    for e in ev:
        print("   ", e)


def functions():
    len("abc")
    max(1, 2, key=abs)
    sorted([3, 1], key=lambda x: -x)
    print(*(), end="")
    isinstance(1, int)
    int("3")
    list(map(abs, (1, -1)))
    return [abs(x) for x in (1, -2)]


def methods():
    a = []
    a.append(1)
    list.append(a, 2)
    "a,b".split(",")
    str.upper("x")
    {}.get(1, 2)
    dict.get({}, 1, *(5,))
    b = "-".join
    b(["a", "b"])
    dict.fromkeys("ab")
    "{}".format(*[1])
    a.sort(key=None, reverse=True)


def failing():
    try:
        len(1)
    except TypeError:
        pass
    try:
        dict.get(print, 42)
    except TypeError:
        pass
    try:
        dict.get()
    except TypeError:
        pass
    [].pop()


def gen():
    yield len("a")
    yield len("ab")


def generators():
    g = gen()
    next(g)
    sum(gen())
    g.close()


class C:
    def __init__(self):
        self.x = 1

    def __len__(self):
        return abs(-3)


def nested():
    len(C())
    getattr(C(), "x")
    with open("/dev/null") as f:
        f.read()


def inner_only():
    for i in range(2):
        divmod(i, 3)


for f in (functions, methods, failing, generators, nested, inner_only):
    show(f)


def switched():
    len("seen")
    sys.setprofile(None)
    len("not seen")
    sys.setprofile(prof)
    inner_only()


show(switched)


def bad(frame, event, arg):
    if event == "c_return" and arg is len:
        raise KeyError("from the profile function")


def with_bad():
    try:
        len("x")
    except KeyError as e:
        print("caught", e)
    print(sys.getprofile())


sys.setprofile(bad)
with_bad()
sys.setprofile(None)

import cProfile, io, pstats

pr = cProfile.Profile()
pr.enable()
for _ in range(5):
    methods()
    functions()
pr.disable()
out = io.StringIO()
pstats.Stats(pr, stream=out).sort_stats("name").print_stats()
names = sorted((line.split()[0], line.split(None, 5)[5]) for line in out.getvalue().splitlines() if line[:1] == " " and "{" in line)
print(*names, sep="\n")
