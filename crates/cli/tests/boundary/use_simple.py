# Calls everything in the module `simple`, well and badly, often enough to be compiled.
import simple


def outcome(f, *args, **kw):
    try:
        return repr(f(*args, **kw))
    except BaseException as e:
        return f"{type(e).__name__}: {e}"


NAMES = ["noargs", "onearg", "varargs", "allocate_int", "allocate_tuple"]
ARGUMENTS = [(), (None,), (1,), (1, 2), ("x", 2.5, (3,))]
foo = simple.Foo()
for owner in [simple, foo]:
    for name in NAMES:
        f = getattr(owner, name)
        for args in ARGUMENTS:
            print(name, args, outcome(f, *args))
for name in NAMES:
    print(name, "keyword", outcome(getattr(simple, name), x=1))
print(outcome(lambda: foo.noargs(x=1)), outcome(lambda: foo.onearg(x=1)), outcome(lambda: foo.varargs(x=1)))

print(len(foo), foo[0], foo["key"], outcome(lambda: foo[0:2]))
for bad in [
    lambda: list(foo),
    lambda: 1 in foo,
    lambda: reversed(foo),
    lambda: type(iter(type("Keyed", (), {"__getitem__": None})())).__name__,
    lambda: iter(__import__("re").match("a", "a")),
    lambda: simple.Foo.noargs(),
    lambda: simple.Foo.noargs(3),
    lambda: foo.__setitem__(1, 2),
    lambda: foo.__delitem__(1),
    lambda: iter(foo),
    lambda: foo + 1,
    lambda: setattr(foo, "x", 1),
    lambda: type("Sub", (simple.Foo,), {}),
]:
    print(outcome(bad))
print(sorted(n for n in dir(simple.Foo) if not n.startswith("__")), simple.Foo.__doc__, simple.__doc__)


def loops(n):
    count = 0
    for i in range(n):
        if simple.noargs() is None and simple.onearg(None) is None and simple.onearg(i) is None:
            count += 1
        if simple.varargs(None, None) is None and simple.allocate_int() == 1 << 20:
            count += 1
        if simple.allocate_tuple() == (1 << 20, -(1 << 20)):
            count += 1
    return count


def methods(obj, n):
    count = 0
    for i in range(n):
        if obj.noargs() is None and obj.onearg(None) is None and obj.onearg(i) is None and obj.varargs(i, i) is None:
            count += 1
        if len(obj) == 42 and obj[i] is None:
            count += 1
    return count


print(loops(3000), methods(foo, 3000))
