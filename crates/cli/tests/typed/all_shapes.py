"""Every function of bench/shapes in loops that are compiled, with arguments that fit and ones that do not."""
import sys

import shapes


class Text(str):
    pass


class Whole(int):
    pass


class Sub(shapes.Thing):
    def __init__(self):
        self.more = [1, 2]


class Plain:
    def __repr__(self):
        return "<plain>"

    def __len__(self):
        return 5


class Index:
    def __index__(self):
        return 9

    def __float__(self):
        return 9.5


LONG = "x" * 1000
VIEW = memoryview(bytearray(b"12345678" * 9))
NUMBERS = [0, 1, 7, -1, 13, 127, 128, -128, -129, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, -(2**31) - 1, 2**61, 2**62,
           2**63 - 1, 2**63, -(2**63), 2**64 - 1, 2**64, True, False, None, Whole(5), Index(), "7", 7.0]
FLOATS = [0.0, -0.0, 1.5, 13.0, 1e300, 1e-300, 3.4e38, 3.5e38, float("inf"), float("-inf"), float("nan"), 0.1, 7, 2**70, True,
          None, Index(), "1.5"]
TEXTS = ["", "a", "some text", LONG, "gr\xfc\xdfe", "\xff", "\u03b1\u2192", "\U0001f600", "\ud800", "a\0b", Text("sub"), b"bytes", None, 5]
DATA = [b"", b"a", b"some bytes", b"\0", bytes(300), bytearray(b"array"), "text", None, memoryview(b"view")]
BUFFERS = [b"", b"some bytes", bytearray(b"array"), bytearray(), memoryview(b"view"), memoryview(b"view")[::2], VIEW, VIEW.cast("d"),
           VIEW.cast("d")[:0], VIEW.cast("q"), shapes.Numbers(), "text", None, [1.5]]
OBJECTS = ["an object", "x", "", LONG, "\xfc", Text("sub"), b"bytes", 0, 7, 300, -5, 2**40, 2**61, 2**62, 2**100, -(2**70), Whole(5), 0.0,
           1.5, 1e300, -0.0, True, False, None, ..., NotImplemented, (), (1, "a", (2,)), [], [1, 2, 3], {}, {"a": 1}, set(), {1},
           frozenset({2}), bytearray(b"xyz"), memoryview(b"view"), range(3), slice(1, 2), 1j, len, int, Plain, Plain(), Sub,
           Sub(), shapes.Thing(), shapes, shapes.Numbers(), lambda: 1, (i for i in ())]

ONE = {
    "i8_same": NUMBERS, "i16_same": NUMBERS, "i32_same": NUMBERS, "i64_same": NUMBERS, "u8_same": NUMBERS, "u16_same": NUMBERS,
    "u32_same": NUMBERS, "u64_same": NUMBERS, "f32_same": FLOATS, "f64_same": FLOATS, "negate": NUMBERS, "positive": NUMBERS,
    "sink": NUMBERS, "not_leaf": NUMBERS, "sentinel": NUMBERS, "always": FLOATS, "status": NUMBERS, "scaled": FLOATS,
    "twice": NUMBERS + FLOATS, "make_int": NUMBERS, "make_float": FLOATS, "make_str": NUMBERS[:3], "make_bytes": NUMBERS[:3],
    "text": TEXTS, "text_raises": TEXTS, "data": DATA, "ends": BUFFERS, "octets": BUFFERS, "ends_raises": BUFFERS,
    "prefix_long": NUMBERS, "prefix_double": FLOATS, "prefix_raises": NUMBERS,
}
SAME = ["identity", "prefix_object"]


def name(x):
    if isinstance(x, shapes.Thing) or type(x).__module__ != "builtins":
        return type(x).__name__
    if callable(x) or type(x).__name__ in ("generator", "module", "memoryview"):
        return type(x).__name__
    return repr(x)[:30]


def outcome(f, *args):
    try:
        r = f(*args)
    except Exception as e:
        return "%s: %s" % (type(e).__name__, e)
    return "%s %s" % (type(r).__name__, name(r))


def compiled(call, names, body="r = %s"):
    """A function with a loop of its own around a call; it gives the last result and how many were other ones."""
    text = f"""def run(f, n, {names}):
    r = last = None
    other = 0
    for i in range(n):
        r = {call}
        if i and r is not last and r != last and r == r:
            other += 1
        last = r
    return r, other
"""
    space = {}
    exec(text, space)
    return space["run"]


def repeated(call, names, f, *args):
    run = compiled(call, names)
    try:
        r, other = run(f, 1500, *args)
        r, more = run(f, 1500, *args)
    except Exception as e:
        return "%s: %s" % (type(e).__name__, e)
    return "%s %s %d" % (type(r).__name__, name(r), other + more)


def numbers_and_text():
    for what, arguments in ONE.items():
        f = getattr(shapes, what)
        for x in arguments:
            print(what, name(x), repeated("f(x)", "x", f, x))
        # One loop meets all of them.
        everything = []
        for _ in range(4):
            for x in arguments:
                everything.append(outcome(f, x))
        print(what, len(everything), sorted(set(everything)) == sorted(set(everything[: len(arguments)])))


def mixed(f, items, n):
    """All items through one call site, over and over."""
    out = []
    for _ in range(n):
        for x in items:
            try:
                r = f(x)
            except (TypeError, ValueError, OverflowError, BufferError, UnicodeEncodeError) as e:
                r = type(e).__name__
            out.append(r)
    return out


def one_site():
    for what, arguments in ONE.items():
        f = getattr(shapes, what)
        space = dict(globals())
        exec("def mixed_here" + source_of_mixed, space)
        got = space["mixed_here"](f, arguments, 40)
        first = got[: len(arguments)]
        same = all(repr(got[i]) == repr(first[i % len(arguments)]) for i in range(len(got)))
        print("site", what, same, [name(x) for x in first])


source_of_mixed = '''(f, items, n):
    out = []
    for _ in range(n):
        for x in items:
            try:
                r = f(x)
            except (TypeError, ValueError, OverflowError, BufferError, UnicodeEncodeError) as e:
                r = type(e).__name__
            out.append(r)
    return out
'''


def objects():
    for what in SAME:
        f = getattr(shapes, what)
        for x in OBJECTS:
            run = compiled("f(x)", "x")
            ok = True
            for _ in range(2):
                r, other = run(f, 1500, x)
                ok = ok and (r is x or r == x or r != r) and other == 0 and type(r) is type(x)
            print(what, name(x), ok)
        for _ in range(3):
            got = mixed(f, OBJECTS, 20)
            print(what, all(a is b or a == b for a, b in zip(got, OBJECTS * 20)))
    sizes = [x for x in OBJECTS if hasattr(type(x), "__len__")]
    print([shapes.size_of(x) for x in sizes] * 20 == mixed(shapes.size_of, sizes, 20))
    print(mixed(shapes.size_of, [5, None, 1.5, "abc"], 20)[-4:])
    got = mixed(shapes.count_of, OBJECTS, 20)
    print(got == got[: len(OBJECTS)] * 20)
    got = mixed(shapes.make_tuple, OBJECTS, 20)
    print(all(a[0] is b or a[0] == b for a, b in zip(got, OBJECTS * 20)))
    print(mixed(shapes.nothing_object, OBJECTS, 5) == [None] * 5 * len(OBJECTS))


def choices():
    choose = shapes.choose
    a, b = "first of two", [1]
    n = 0
    for i in range(3000):
        r = choose(i & 1, a, b)
        if r is (a if i & 1 else b):
            n += 1
        if i % 100 == 0:
            a = "another " + str(i)
            b = [i]
    print(n)
    for i in range(1500):
        x = choose(i & 1, i, float(i))
        assert x == i and type(x) is (int if i & 1 else float)
    print(outcome(choose, 1, 2), outcome(choose, "1", 2, 3), outcome(choose))


def growing():
    """Containers that change between the calls."""
    items, table, some = [], {}, set()
    size = shapes.size_of
    total = 0
    for i in range(2500):
        items.append(i)
        table[i] = i
        some.add(i)
        total += size(items) + size(table) + size(some)
        if i % 50 == 49:
            del items[10:]
    print(total, len(items))
    keep = shapes.identity
    for i in range(1500):
        keep(items).append(i)
    print(len(items), items[-1])


def keywords():
    scaled = shapes.scaled
    total = 0.0
    for i in range(2000):
        total += scaled(1.5, b=i) + scaled(b=3, a=2.0) + scaled(a=0.5) + scaled(2.5, i) + scaled(4.0)
    print(total)
    for call in ["scaled(1.5, a=2.0)", "scaled(1.5, c=3)", "scaled(b=3)", "scaled(1.5, 2, b=3)", "scaled(1.5, b='x')", "scaled(1, b=2)",
                 "scaled(a='x')", "scaled(1.5, b=2**70)", "scaled(1.5, b=True)", "scaled(1.5, **{'b': 3})", "scaled(*[1.5], b=3)"]:
        text = f"def run(scaled, n):\n    for _ in range(n):\n        r = {call}\n    return r\n"
        space = {}
        exec(text, space)
        print(call, outcome(space["run"], scaled, 1500))


def several():
    for call in ["two(i, 5)", "three(1.5, x, 2.0)", "four(i, 1, 2, 3)", "five(i, x, 3, x, 5)", "six(i, 1, 2, 3, 4, 5)", "three(1, x, 2.0)",
                 "two(i)", "two(i, 5, 6)", "six(1, 2, 3, 4, 5)", "nothing()", "number()", "nothing(1)", "constant()", "starts('abc', b'a')",
                 "starts('\\xe4bc', b'\\xc3')", "starts('abc', 'a')", "starts('', b'')", "put(VIEW.cast('d'), x)"]:
        text = f"def run(n):\n    x = 0.25\n    for i in range(n):\n        x += 0.5\n        r = {call}\n    return r\n"
        space = dict(vars(shapes), VIEW=VIEW)
        exec(text, space)
        print(call, outcome(space["run"], 1500), outcome(space["run"], 1))
    print(VIEW.cast("d")[8])


def methods():
    for x in (shapes.Thing(), Sub()):
        total = 0
        for i in range(1500):
            total += x.get() + x.two(1.5, i) + x.field(i)
            assert x.me() is x
        print(total)
    things = [shapes.Thing(), Sub(), shapes.Thing()] * 100
    print(sum(t.get() for t in things), all(t.me() is t for t in things))
    total = 0
    for t in things:
        total += shapes.count_of(t) > 0
        assert shapes.identity(t) is t
    print(total)
    print(outcome(shapes.Thing.get, 5), outcome(shapes.Thing.two, Sub(), 1.5, 2), outcome(shapes.Thing().two, 1, 2))


def errors():
    """Where the exceptions come from, and what the loop's variables are then."""
    sentinel, always, status = shapes.sentinel, shapes.always, shapes.status
    for f, bad in ((sentinel, 13), (status, 13), (always, 13.0)):
        n = caught = 0
        for i in range(2000):
            try:
                f(type(bad)(i % 20))
                n += 1
            except ValueError as e:
                caught += str(e) == "thirteen" and e.__traceback__.tb_lineno > 0
        print(n, caught)
    i = total = 0
    try:
        for i in range(-1000, 1000):
            total += sentinel(i)
    except ValueError as e:
        print(i, total, e, e.__traceback__.tb_lineno - errors.__code__.co_firstlineno)
    print(outcome(sentinel, 0), outcome(sentinel, 13))


def texts_from_lists():
    """Strings that come and go, of all kinds."""
    text, total = shapes.text, 0
    for i in range(1500):
        s = chr(97 + i % 26) * (i % 9)
        if i % 3 == 0:
            s += "\xe9" * (i % 5)
        if i % 7 == 0:
            s += "\u20ac"
        total += text(s)
        if i % 11 == 0:
            total += shapes.data(s.encode()) + shapes.text_raises(s + "!")
    print(total)
    kept = ["\xfc" + str(i) for i in range(1500)]
    print(sum(text(s) for s in kept * 3), sum(len(s.encode()) for s in kept))


def buffers():
    numbers = shapes.Numbers()
    total = 0.0
    for i in range(1500):
        total += shapes.ends(numbers)
        shapes.put(numbers, 0.5 + i)
        if i % 100 == 99:
            numbers.shrink()
    print(total, numbers.exports())
    array = bytearray(b"x")
    total = 0
    for i in range(1500):
        total += shapes.octets(array)
        array.append(i & 255)
        if i % 50 == 0:
            array = bytearray(b"yz")
    print(total, len(array))
    view = memoryview(array)
    for i in range(2000):
        total += shapes.octets(view)
    print(total)
    view.release()
    array.clear()
    print(outcome(shapes.octets, view))
    total = 0
    for i in range(2000):
        total += shapes.octets(bytes(i % 200 + 1))
    print(total)


def borrowed_buffers():
    """A buffer that is kept for the next call is given back before anybody can tell."""
    numbers = [shapes.Numbers() for _ in range(3)]

    def until(limit):
        total = 0.0
        for i in range(5000):
            total += shapes.ends(numbers[i % 3])
            if i == limit:
                return total
        return total

    def shrinking(what):
        caught = 0
        for i in range(2000):
            try:
                shapes.ends_raises(what)
            except ValueError as e:
                caught += what.exports() == 0
            if i % 200 == 100:
                what.shrink()
        return caught, what.exports()

    def passed_on(what, other):
        total = 0.0
        for i in range(2000):
            total += shapes.ends(what)
            shapes.put(other, float(i))
            if i % 500 == 3:
                total += inner(other)
                other.shrink()
        return total, what.exports(), other.exports()

    def inner(what):
        total = 0.0
        for i in range(1100):
            total += shapes.ends(what) + shapes.ends_raises(what)
        assert what.exports() == 0
        return total

    def items(what):
        for i in range(3000):
            yield shapes.ends(what) + i
            if i % 1000 == 500:
                what.shrink()

    def both(what):
        n = 0
        for i in range(2000):
            n += shapes.ends(what) > 0
            n += shapes.count_of(what) > 0
            n += shapes.identity(what) is what
        return n, what.exports()

    print(until(4000), until(4500), until(10), [n.exports() for n in numbers])
    print(shrinking(shapes.Numbers()))
    print(passed_on(shapes.Numbers(), shapes.Numbers()))
    print(sum(items(shapes.Numbers())))
    print(both(shapes.Numbers()))
    kept = []
    for i in range(4000):
        what = shapes.Numbers()
        shapes.put(what, float(i))
        if i % 1000 == 0:
            kept.append(what)
    print([shapes.ends(k) for k in kept], [k.exports() for k in kept])
    array = bytearray(b"some")
    for i in range(3000):
        shapes.octets(array)
        if i % 1000 == 500:
            shapes.identity(array).append(i & 255)
            shapes.count_of(array)
    print(array, shapes.octets(array))


def deep(n):
    """A typed call under way at every level."""
    s = "level " + str(n) + "\xe9"
    total = 0
    for _ in range(3):
        total += shapes.size_of(s) + shapes.text(s) + shapes.identity(n)
    return total + (deep(n - 1) if n else 0)


for part in (numbers_and_text, one_site, objects, choices, growing, keywords, several, methods, errors, texts_from_lists, buffers,
             borrowed_buffers):
    part()
    sys.stdout.flush()
for _ in range(5):
    print(deep(60))
