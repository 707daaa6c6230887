"""Calls typed functions with random arguments, the same in every runtime: property.py MODULE... [--count N] [--only F]
[--pypy]

For each function it prints digests of what N calls gave: results to the bit, types, exceptions with their messages and
notes. Two runtimes that agree print the same. `--show F CHUNK` prints the calls of one digest instead. `--pypy` leaves out
what PyPy words in its own way (`WORDS`); nothing else may differ there.
"""
import hashlib
import os
import re
import struct
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from odd import AsFloat, BadFloat, BadIndex, Float, Index, Int, LyingIndex  # noqa: E402

CHUNK = 500

# What the parameters are: i int, b bool, f float, s str, y bytes, l list, o anything; | before the optional ones.
SHAPES = {
    "noop": "", "noop_leaf": "", "noop_o": "o", "noop_any": "o", "noop_bound": "o", "described": "o", "inc": "i", "add": "ff", "add_plain": "ff", "fma": "fff",
    "checked": "i", "guard": "i", "panicky": "i", "less": "ii", "invert": "b", "same_i8": "i", "same_i16": "i",
    "same_i32": "i", "same_i64": "i", "same_u8": "i", "same_u16": "i", "same_u32": "i", "same_u64": "i", "same_isize": "i",
    "same_usize": "i", "same_f32": "f", "same_f64": "f", "length": "s", "total": "y", "upper": "s", "first": "s",
    "power": "f|e", "three": "i|ii", "mixed": "ii|ls", "sum": "l", "shown": "o", "numbers": "n", "list_length": "l",
    "match": "i|f", "both": "syi", "count": "ooo", "Scaler.scale": "f", "Scaler.nothing": "", "Scaler.plus": "f|i",
    "Counter.add": "i", "Counter.get": "", "Counter.both": "o", "Factor.scale": "f", "Factor.plus": "f|i", "identity": "o", "mix": "i",
    # Of bench/shapes.
    "i8_same": "i", "i16_same": "i", "i32_same": "i", "i64_same": "i", "u8_same": "i", "u16_same": "i", "u32_same": "i", "u64_same": "i",
    "f32_same": "f", "f64_same": "f", "negate": "b", "positive": "i", "sink": "i", "two": "ii", "four": "iiii", "five": "ififi",
    "six": "iiiiii", "not_leaf": "i", "sentinel": "i", "always": "f", "status": "i", "scaled": "f|i", "twice": "f", "size_of": "o",
    "choose": "ioo", "make_int": "i", "make_float": "f", "make_tuple": "o", "text": "s", "text_raises": "s", "data": "y", "starts": "sy",
    "octets": "y", "ends": "y", "prefix_long": "i", "prefix_double": "f", "prefix_object": "o", "prefix_raises": "i", "Thing.get": "",
    "Thing.two": "fi", "Thing.field": "i", "Thing.me": "",
}
NAMES = {"power": ("base", "exponent"), "three": ("a", "b", "c"), "mixed": ("a", "b", "c", "d"), "match": ("type", "default"),
         "Scaler.plus": ("x", "y"), "Factor.plus": ("x", "y"), "scaled": ("a", "b")}


class Random:
    """Small and the same everywhere."""

    def __init__(self, seed):
        self.state = seed * 2 + 1

    def bits(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return self.state >> (64 - n)

    def below(self, n):
        return self.bits(32) * n >> 32

    def pick(self, items):
        return items[self.below(len(items))]


class Str(str):
    pass


class Bytes(bytes):
    pass


class List(list):
    pass


class Truth:
    def __bool__(self):
        return True


# What PyPy 7.3 says in other words than CPython, before or behind the functions that are called.
WORDS = (
    # Calls refused by the interpreter itself, for what takes no keywords and at most one argument: without module and class.
    (r"\b(?:\w+\.)(?=\w+\(\) takes (?:no|exactly one) )", ""),
    # PyLong_AsUnsignedLongLong and its like.
    (r"\bcannot convert negative integer to unsigned int\b", "can't convert negative int to unsigned"),
    (r"\binteger too large\b", "int too big to convert"),
    # PyType_GetQualName of a class made in C gives its module too, and always this one.
    (r"\bbuiltins\.(?=(?:Counter|Scaler|Factor)\b)", ""),
    # The class of `len`.
    (r"\bbuiltin_function_or_method\b", "builtin_function"),
)

EDGES = sorted({s * (2 ** p) + d for p in (7, 8, 15, 16, 30, 31, 32, 53, 59, 60, 61, 62, 63, 64, 70) for s in (1, -1) for d in (-1, 0, 1)})
NAN = float("nan")
INF = float("inf")
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e308, -1e308, 5e-324, 2.2250738585072014e-308, 1e-310, INF, -INF, NAN, -NAN,
          3.4028234663852886e38, 3.5e38, 1e-45, 16777217.0, 0.1)
TEXTS = ("", "a", "abc def", "\xe9t\xe9", "\u0416", "\u20ac 5", "\U0001f600", "\ud800", "a\udfff", "nul\0here", "x" * 300)
ODD = (None, (), (1,), [], {}, object, 1j, Ellipsis, NotImplemented, len, Index, Index(), BadIndex(), LyingIndex(), AsFloat(), BadFloat(),
       Truth(), Int(5), Int(13), Int(2 ** 70), Float(1.5), Float("nan"), Str("sub"), Str("\ud800"), Bytes(b"sub"), List([1, 2]),
       bytearray(b"x"), memoryview(b"abc"), range(3), frozenset((1,)))


def an_int(r):
    how = r.below(10)
    if how < 3:
        return r.below(30) - 8
    if how < 6:
        return r.pick(EDGES)
    n = r.bits(62) >> r.below(62)
    n = n << r.below(20) if how == 9 else n
    return -n if r.below(2) else n


def a_float(r):
    how = r.below(4)
    if how == 0:
        return r.pick(FLOATS)
    if how == 1:
        return float(r.below(2000) - 1000) / 8
    return struct.unpack("<d", struct.pack("<Q", r.bits(32) << 32 | r.bits(32)))[0]


def a_text(r):
    if r.below(3) == 0:
        return r.pick(TEXTS)
    return "".join(chr(r.pick((97, 32, 233, 0x416, 0x20ac, 0x1f600)) + r.below(20)) for _ in range(r.below(12)))


def some_bytes(r):
    return bytes(r.below(256) for _ in range(r.below(20)))


def a_list(r):
    how = r.below(6)
    if how == 0:
        return [a_text(r)]
    if how == 1:
        return None
    return [an_int(r) for _ in range(r.below(5))]


MAKERS = {
    "i": an_int, "f": a_float, "s": a_text, "y": some_bytes, "l": a_list, "b": lambda r: r.below(2) == 1,
    "e": lambda r: r.below(40) - 20, "n": lambda r: r.below(12),
}


def anything(r):
    kind = r.below(8)
    if kind == 0:
        return an_int(r)
    if kind == 1:
        return a_float(r)
    if kind == 2:
        return a_text(r)
    if kind == 3:
        return some_bytes(r)
    if kind == 4:
        return r.below(2) == 1
    return r.pick(ODD)


def arguments(r, name, shape):
    """A tuple and a dict."""
    kinds = shape.replace("|", "")
    required = shape.index("|") if "|" in shape else len(kinds)
    count = required + r.below(len(kinds) - required + 1)
    how = r.below(20)
    if how == 0:
        count = r.below(len(kinds) + 3)
    values = []
    for i in range(count):
        kind = kinds[i] if i < len(kinds) else "o"
        odd = kind == "o" or r.below(6) == 0
        values.append(anything(r) if odd else MAKERS[kind](r))
    keywords = {}
    names = NAMES.get(name)
    if names and r.below(3) == 0 and values:
        split = r.below(len(values) + 1)
        for i in range(split, len(values)):
            keywords[names[i] if i < len(names) else "extra"] = values[i]
        values = values[:split]
    if r.below(30) == 0:
        keywords[r.pick(("x", "nothing", "a", "base", "", "\u0416", "\ud800"))] = 1
    return tuple(values), keywords


def bits(x):
    """A text for a value that differs if the value does."""
    if x != x and type(x) is float:
        return "float nan"  # which of two NaNs an addition gives is up to the C compiler
    if type(x) is float:
        return "float %016x" % struct.unpack("<Q", struct.pack("<d", x))[0]
    if type(x) in (int, bool, str, bytes, type(None)):
        return "%s %r" % (type(x).__name__, x)
    if type(x) in (list, tuple):
        return "%s[%s]" % (type(x).__name__, ", ".join(map(bits, x)))
    if isinstance(x, (int, float, str, bytes, list)):
        return "%s %s" % (type(x).__name__, x)
    return type(x).__name__


def hide(text):
    """Without addresses."""
    at = text.find(" at 0x")
    return text if at < 0 else text[:at]


def kind_of(x):
    """What compiled code would tell apart."""
    if type(x) is int:
        return "int" if -2 ** 7 <= x < 2 ** 7 else "i32" if -2 ** 31 <= x < 2 ** 31 else "i62" if -2 ** 62 <= x < 2 ** 62 else "big"
    if type(x) is str:
        return "ascii" if x.isascii() else "text"
    return type(x).__name__ if type(x) in (float, bool, bytes) else "other"


class Sites:
    """Places that call one function: for each way to call it, and each kind of arguments, one of its own, so that each is
    compiled for its arguments."""

    MOST = 200

    def __init__(self):
        self.made = {}

    def call(self, f, args, keywords):
        key = len(args), tuple(keywords), tuple(map(kind_of, args)), tuple(map(kind_of, keywords.values()))
        site = self.made.get(key)
        if site is None:
            if len(self.made) == self.MOST or not all(k.isidentifier() for k in keywords):
                return f(*args, **keywords)
            site = self.made[key] = self.make(len(args), keywords)
        return site(f, *args, *keywords.values())

    @staticmethod
    def make(count, keywords):
        plain = ["a%d" % i for i in range(count)]
        values = ["k%d" % i for i in range(len(keywords))]
        given = plain + ["%s=%s" % pair for pair in zip(keywords, values)]
        space = {}
        exec("def call(%s):\n    return f(%s)\n" % (", ".join(["f"] + plain + values), ", ".join(given)), space)
        return space["call"]


def shared(text):
    """Without what PyPy words otherwise."""
    for pattern, plain in WORDS:
        text = re.sub(pattern, plain, text)
    return text


def answer(f, args, keywords, sites):
    try:
        result = sites.call(f, args, keywords)
    except BaseException as e:
        notes = getattr(e, "__notes__", ())
        return "%s: %s %s" % (type(e).__name__, hide(str(e)), " | ".join(notes))
    text = bits(result)
    return hide(text)


def functions(module):
    """Callables by the name of their shape."""
    for name, shape in SHAPES.items():
        owner, _, method = name.rpartition(".")
        if not owner and hasattr(module, name):
            yield name, shape, getattr(module, name)
        elif owner and hasattr(module, owner):
            cls = getattr(module, owner)
            receiver = cls() if owner == "Counter" else cls(2.5)
            if hasattr(receiver, method):
                yield name, shape, getattr(receiver, method)


def chunk(name, shape, f, number, size, sites):
    r = Random(number * 1000003 + sum(map(ord, name)))
    for _ in range(size):
        args, keywords = arguments(r, name, shape)
        yield args, keywords, answer(f, args, keywords, sites)


def main(argv):
    count, only, show, names, plain = 2000, None, None, [], str
    words = iter(argv)
    for word in words:
        if word == "--count":
            count = int(next(words))
        elif word == "--only":
            only = next(words)
        elif word == "--show":
            show = next(words), int(next(words))
        elif word == "--pypy":
            plain = shared
        else:
            names.append(word)
    for module in map(__import__, names):
        for name, shape, f in functions(module):
            if only not in (None, name):
                continue
            sites = Sites()
            if show:
                if show[0] == name:
                    for args, keywords, said in chunk(name, shape, f, show[1], CHUNK, sites):
                        given = ", ".join(map(bits, args)) + "".join(", %s=%s" % (ascii(k), bits(v)) for k, v in keywords.items())
                        print(ascii("%s(%s): %s" % (name, hide(given), plain(said))))
                continue
            digests = []
            for number in range((count + CHUNK - 1) // CHUNK):
                digest = hashlib.md5()
                for _, _, said in chunk(name, shape, f, number, CHUNK, sites):
                    digest.update(plain(said).encode("utf-8", "surrogatepass"))
                digests.append(digest.hexdigest()[:12])
            print("%s.%s: %s" % (module.__name__, name, " ".join(digests)))


if __name__ == "__main__":
    main(sys.argv[1:])
