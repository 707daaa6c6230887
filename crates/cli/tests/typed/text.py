"""Text and bytes as arguments of native functions, while objects move and threads run."""
import gc
import threading

import text


class Str(str):
    pass


class Bytes(bytes):
    pass


def churn():
    junk = [str(i) * 3 for i in range(200)]
    gc.collect()
    return junk


def fails():
    raise KeyError("back")


def answer(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e).encode("utf-8", "backslashreplace")


TEXTS = ["", "a", "x", "plain text", "nul\0here", "\xe9t\xe9", "\u0416" * 9, "\U0001f600!", "\ud800", "a\udfff", "y" * 5000, Str("sub"),
         Str("\xe9"), b"bytes", None, 5]
BYTES = [b"", b"a", b"nul\0here", bytes(range(256)), b"z" * 5000, Bytes(b"sub"), bytearray(b"array"), "str", None]

for t in TEXTS:
    # Made anew each time, so that it is young.
    young = (lambda: t[:1] + t[1:]) if type(t) is str else (lambda: t)
    print(ascii(t)[:30], answer(text.later, young()), answer(text.Class().size, young()),
          [answer(text.after, young(), b, churn) for b in BYTES])
    print(answer(text.after, young(), b"b", fails), answer(text.mixed, 1.5, young(), -7, b"bytes", True))
    print([answer(text.mixed, x, young(), i, b, flag) for x, i, b, flag in (
        (0.0, 2 ** 63, b"", False), (1, 1, b"1", True), (2.0, 3, Bytes(b"4"), True), (2.0, 3, b"4", 1), ("no", 3, b"4", 1))])
print([answer(text.after), answer(text.after, "a"), answer(text.later, "a", "b"), answer(text.size if hasattr(text, "size") else len)])


class Index:
    def __index__(self):
        churn()
        return 7


def young_arguments(n):
    for i in range(n):
        got = text.indexed(Index(), "text %d" % i, b"bytes %d" % i, (i, "inner %d" % i))
        assert got == (7, "text %d" % i, b"bytes %d" % i, (i, "inner %d" % i)), got
    return got


print(young_arguments(40))


def loop(n):
    c = text.Class()
    total = 0
    for i in range(n):
        s = str(i)
        total ^= text.later(s) + c.size(s) + text.after(s, s.encode(), int)
    return total


print(loop(3000))
found = []


def worker():
    for i in range(300):
        s = "%d%s" % (i, "\xe9" * (i % 3))
        found.append((i, text.later(s)))


threads = [threading.Thread(target=worker) for _ in range(3)]
for t in threads:
    t.start()
for _ in range(30):
    churn()
for t in threads:
    t.join()
print(len(found), len(set(found)), sorted(set(found))[:3])
