"""Nanoseconds per call of each shape in a loop, the loop included: measure.py TIMES REPEAT [ONLY].

Prints lines of words with tabs between: runtime, name, version; ns, shape, C, Python (the best of REPEAT); result, shape,
what the last call gave. Every function is a global of the loop that calls it, as if it had been imported.
"""
import sys
import time

import shapes

LONG = "x" * 1024
UMLAUTS = "gr\xfc\xdfe aus k\xf6ln"
POINTS = "\u03b1\u03b2\u03b3 \u2192 \U0001f600"

# What it shows: the C loop, local variables, the call.
SHAPES = {
    "() -> void": ("nothing", "", "nothing()"),
    "() -> i64": ("number", "", "number()"),
    "(i8) -> i8": ("i8_same", "x = 7", "i8_same(x)"),
    "(i16) -> i16": ("i16_same", "x = 7", "i16_same(x)"),
    "(i32) -> i32": ("i32_same", "x = 7", "i32_same(x)"),
    "(i64) -> i64": ("i64_same", "x = 7", "i64_same(x)"),
    "(i64) -> i64, chained": ("i64_same", "r = 7", "i64_same(r)"),
    "(u8) -> u8": ("u8_same", "x = 7", "u8_same(x)"),
    "(u16) -> u16": ("u16_same", "x = 7", "u16_same(x)"),
    "(u32) -> u32": ("u32_same", "x = 7", "u32_same(x)"),
    "(u32) -> u32, chained": ("u32_same", "r = 7", "u32_same(r)"),
    "(u64) -> u64": ("u64_same", "x = 7", "u64_same(x)"),
    "(u64) -> u64, chained": ("u64_same", "r = 7", "u64_same(r)"),
    "(f32) -> f32": ("f32_same", "x = 1.5", "f32_same(x)"),
    "(f64) -> f64": ("f64_same", "x = 1.5", "f64_same(x)"),
    "(bool) -> bool": ("negate", "x = True", "negate(x)"),
    "(i64) -> bool": ("positive", "x = 7", "positive(x)"),
    "(i64) -> void": ("sink", "x = 7", "sink(x)"),
    "(i64, i64) -> i64": ("two", "x = 7", "two(x, x)"),
    "(f64, f64, f64) -> f64": ("three", "x = 1.5", "three(x, x, x)"),
    "(i64 x 4) -> i64": ("four", "x = 7", "four(x, x, x, x)"),
    "(i64, f64, i64, f64, i64) -> i64": ("five", "x = 7; y = 1.5", "five(x, y, x, y, x)"),
    "(i64 x 6) -> i64": ("six", "x = 7", "six(x, x, x, x, x, x)"),
    "(i64) -> i64, not leaf": ("not_leaf", "x = 7", "not_leaf(x)"),
    "(i64) -> i64, sentinel": ("sentinel", "x = 7", "sentinel(x)"),
    "(f64) -> f64, always looked": ("always", "x = 1.5", "always(x)"),
    "(i64) -> status": ("status", "x = 7", "status(x)"),
    "(f64, i64 = 2) -> f64, both": ("scaled", "x = 1.5; y = 7", "scaled(x, y)"),
    "(f64, i64 = 2) -> f64, default": ("scaled", "x = 1.5", "scaled(x)"),
    "(f64, i64 = 2) -> f64, keyword": ("scaled", "x = 1.5; y = 7", "scaled(x, b=y)"),
    "(f64, i64 = 2) -> f64, keywords": ("scaled", "x = 1.5; y = 7", "scaled(b=y, a=x)"),
    "(f64) or (i64), first": ("twice", "x = 1.5", "twice(x)"),
    "(f64) or (i64), second": ("i64_same", "x = 7", "twice(x)"),
    "(object) -> i64": ("count_of", "x = 'an object'", "count_of(x)"),
    "(object) -> i64, of a C type": ("count_of", "x = Thing()", "count_of(x)"),
    "(object) -> i64, from a list": ("things", "x = Thing()", "count_of(x)"),
    "(object) -> i64, not leaf": ("size_of", "x = 'an object'", "size_of(x)"),
    "(object) -> i64, an int": ("count_of", "x = 12345", "count_of(x)"),
    "(object) -> i64, a float": ("count_of", "x = 1.5", "count_of(x)"),
    "(object) -> object": ("identity", "x = 'an object'", "identity(x)"),
    "(object) -> object, of a C type": ("identity", "x = Thing()", "identity(x)"),
    "() -> object": ("constant", "", "constant()"),
    "(i64, object, object) -> object": ("choose", "x = 7; y = 'an object'; z = Thing()", "choose(x, y, z)"),
    "(object) -> object, None": ("nothing_object", "x = 'an object'", "nothing_object(x)"),
    "(i64) -> object, a small int": ("make_int", "x = 7", "make_int(x)"),
    "(i64) -> object, an int": ("make_big", "x = 7000000", "make_int(x)"),
    "(f64) -> object, a float": ("make_float", "x = 1.5", "make_float(x)"),
    "(i64) -> object, a str": ("make_str", "x = 7", "make_str(x)"),
    "(i64) -> object, bytes": ("make_bytes", "x = 7", "make_bytes(x)"),
    "(object) -> object, a tuple": ("make_tuple", "x = 'an object'", "make_tuple(x)"),
    "(self) -> i64": ("thing_get", "x = Thing()", "x.get()"),
    "(self, f64, i64) -> f64": ("thing_two", "x = Thing(); y = 1.5; z = 7", "x.two(y, z)"),
    "(self struct, i64) -> i64": ("thing_field", "x = Thing(); y = 7", "x.field(y)"),
    "(self) -> object": ("thing_me", "x = Thing()", "x.me()"),
    "(utf8) -> u64": ("text", "x = 'some text'", "text(x)"),
    "(utf8) -> u64, from a list": ("texts", "x = 'some text'", "text(x)"),
    "(utf8) -> u64, 1 kB": ("text", "x = LONG", "text(x)"),
    "(utf8) -> u64, Latin-1": ("text", "x = UMLAUTS", "text(x)"),
    "(utf8) -> u64, Latin-1, from a list": ("texts", "x = UMLAUTS", "text(x)"),
    "(utf8) -> u64, any": ("text", "x = POINTS", "text(x)"),
    "(utf8) -> i64, not leaf": ("text_raises", "x = 'some text'", "text_raises(x)"),
    "(utf8) -> i64, not leaf, Latin-1": ("text_raises", "x = UMLAUTS", "text_raises(x)"),
    "(bytes) -> u64": ("data", "x = b'some bytes'", "data(x)"),
    "(bytes) -> u64, from a list": ("texts", "x = b'some bytes'", "data(x)"),
    "(utf8, bytes) -> bool": ("starts", "x = 'some text'; y = b'some'", "starts(x, y)"),
    "(buffer<f64>) -> f64": ("ends", "x = Numbers()", "ends(x)"),
    "(buffer<f64>) -> f64, memoryview": ("ends", "x = memoryview(bytearray(72)).cast('d')", "ends(x)"),
    "(buffer<u8>) -> u64, bytes": ("octets", "x = b'some bytes'", "octets(x)"),
    "(buffer<u8>) -> u64, bytearray": ("octets", "x = bytearray(b'some bytes')", "octets(x)"),
    "(buffer<u8>) -> u64, memoryview": ("octets", "x = memoryview(b'some bytes')", "octets(x)"),
    "(wbuffer<f64>, f64) -> void": ("put", "x = Numbers(); y = 2.5", "put(x, y)"),
    "(buffer<f64>) -> i64, not leaf": ("ends_raises", "x = Numbers()", "ends_raises(x)"),
    "prefix: (i64) -> i64": ("i64_same", "x = 7", "prefix_long(x)"),
    "prefix: (f64) -> f64": ("f64_same", "x = 1.5", "prefix_double(x)"),
    "prefix: (object) -> object": ("identity", "x = 'an object'", "prefix_object(x)"),
    "prefix: (i64) -> i64, may raise": ("sentinel", "x = 7", "prefix_raises(x)"),
}
ITEMS = 1000


def loop(shape, setup, call):
    """A function that makes so many calls and gives nanoseconds per call and the last result."""
    body = f"for _ in range(n):\n        r = {call}"
    if "from a list" in shape:
        setup += f"; items = [x] * {ITEMS}"
        body = f"for _ in range(n // {ITEMS}):\n        for x in items:\n            r = {call}"
    text = f"def run(n):\n    r = None; {setup}\n    start = clock()\n    {body}\n    return (clock() - start) / n, r\n"
    space = dict(vars(shapes), LONG=LONG, UMLAUTS=UMLAUTS, POINTS=POINTS, clock=time.perf_counter_ns)
    exec(text, space)
    return space["run"]


def main():
    times, repeat = int(sys.argv[1]), int(sys.argv[2])
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    print("runtime", sys.implementation.name, sys.version.split()[0], sep="\t")
    for shape, (in_c, setup, call) in SHAPES.items():
        if only not in shape:
            continue
        run = loop(shape, setup, call)
        best = c = float("inf")
        for _ in range(repeat):
            ns, r = run(times)
            best = min(best, ns)
            c = min(c, shapes.loop(in_c, times))
        print("ns", shape, round(c, 3), round(best, 3), sep="\t")
        print("result", shape, r if type(r).__name__ != "Thing" else "a Thing", sep="\t")


main()
