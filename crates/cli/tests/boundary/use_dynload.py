# Loads CPython's own extension modules by path and calls every public function of each, well and badly. `DYNLOAD` is the
# folder, `MODULES` the names to try.
import sys
from importlib._bootstrap import _load
from importlib.machinery import ExtensionFileLoader, ModuleSpec
import os


def load(name):
    path = f"{DYNLOAD}/{name}.cpython-311-x86_64-linux-gnu.so"
    loader = ExtensionFileLoader(name, path)
    sys.modules.pop(name, None)
    return _load(ModuleSpec(name, loader, origin=path))


def text(v, depth=0):
    """A result as text: no addresses, no dependence on the identity of types."""
    if isinstance(v, (list, tuple)) and type(v) in (list, tuple):
        return type(v).__name__ + "(" + ", ".join(text(x, depth + 1) for x in v) + ")"
    if isinstance(v, dict):
        return "{" + ", ".join(text(k) + ": " + text(x) for k, x in v.items()) + "}"
    r = repr(v)
    return f"<{type(v).__module__}.{type(v).__name__}>" if " at 0x" in r else r


def outcome(f, *args, **kw):
    try:
        return text(f(*args, **kw))
    except BaseException as e:
        return f"{type(e).__name__}: {e}"


def show(label, f, *args, **kw):
    print(label, outcome(f, *args, **kw))


class Index:
    def __init__(self, n):
        self.n = n

    def __index__(self):
        return self.n

    def __repr__(self):
        return f"Index({self.n})"


class Float:
    def __float__(self):
        return 1.5

    def __repr__(self):
        return "Float()"


class Broken:
    def __index__(self):
        raise ZeroDivisionError("index")

    def __float__(self):
        raise ZeroDivisionError("float")

    def __lt__(self, other):
        raise ZeroDivisionError("lt")

    def __iter__(self):
        raise ZeroDivisionError("iter")

    def __len__(self):
        raise ZeroDivisionError("len")

    def __repr__(self):
        return "Broken()"


BAD = [(), (None,), (1, 2, 3, 4, 5, 6, 7, 8, 9), ("text",), (Broken(),), (Broken(), Broken()), ([],), ({}, 1), (10**30,), (-1,)]


def badly(module, skip=()):
    """Every public function with arguments that are mostly wrong."""
    for name in sorted(dir(module)):
        f = getattr(module, name)
        if name.startswith("__") or not callable(f) or name in skip:
            continue
        for args in BAD:
            show(f"{module.__name__}.{name}{args}", f, *args)
        show(f"{module.__name__}.{name}(nokey=1)", f, nokey=1)
        print(name, getattr(f, "__text_signature__", None), (f.__doc__ or "")[:50])


def use__bisect(m):
    data = [1, 3, 3, 5, 9]
    for f in [m.bisect_left, m.bisect_right]:
        for x in [0, 1, 3, 4, 10, 3.5, Index(3), "a"]:
            show(f"{f.__name__} {x!r}", f, data, x)
        show("bounds", f, data, 3, 1, 4)
        show("keywords", f, a=data, x=3, lo=2, hi=None)
        show("negative", f, data, 3, -1)
        show("key", f, ["a", "bb", "cccc"], 3, key=len)
        show("raising key", f, data, 3, key=lambda v: v.nothing)
        show("tuple", f, (1, 2, 3), 2)
        show("range", f, range(0, 1000, 7), 500)
        show("no sequence", f, {1, 2}, 2)
    for f in [m.insort_left, m.insort_right]:
        l = [1, 3, 5]
        show(f.__name__, f, l, 3.0)
        show(f.__name__, f, l, 0, 1, 2)
        show("key", f, l, -9, key=abs)
        print(l)
        show("tuple", f, (1, 2), 1)

    class Recorder(list):
        def insert(self, i, v):
            print("insert", i, v)
            super().insert(i, v)

    r = Recorder([1, 5])
    m.insort_right(r, 3)
    print(r)


def use__heapq(m):
    heap = []
    for x in [5, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]:
        m.heappush(heap, x)
    print(heap)
    print([m.heappop(heap) for _ in range(4)], heap)
    show("pushpop", m.heappushpop, heap, 0)
    show("replace", m.heapreplace, heap, 100)
    l = [(7, "b"), (7, "a"), (1, None), (3, [])]
    m.heapify(l)
    print(l)
    for f in [m._heapify_max, m._heappop_max]:
        show(f.__name__, f, l)
    show("replace max", m._heapreplace_max, l, (0, 0))
    print(l)
    mixed = [3, "a", None, 2.5]
    show("mixed", m.heapify, mixed)

    class Meddler:
        def __lt__(self, other):
            changing.clear()
            return True

    changing = [Meddler(), Meddler(), Meddler()]
    show("changed", m.heappush, changing, Meddler())
    big = list(range(2000, 0, -1))
    m.heapify(big)
    print([m.heappop(big) for _ in range(2000)] == list(range(1, 2001)))
    show("empty", m.heappop, [])
    show("empty", m.heapreplace, [], 1)


def use__random(m):
    r = m.Random(42)
    print([r.random() for _ in range(5)], [r.getrandbits(k) for k in (0, 1, 31, 32, 33, 64, 200)])
    state = r.getstate()
    a = [r.random() for _ in range(700)]
    r.setstate(state)
    print(a == [r.random() for _ in range(700)], len(state))
    for seed in [None, 0, -5, 10**40, "text", b"bytes", 2.5, (1, 2)]:
        s = m.Random()
        show(f"seed {seed!r}", s.seed, seed)
        if seed is not None:
            print(s.random())
    for bad in [(), (1,), (1,) * 625, [1] * 625, (-1,) * 625, ("a",) * 625, (1,) * 624 + (9999,), None]:
        show("setstate", r.setstate, bad)
    show("bits", r.getrandbits, -1)
    show("bits", r.getrandbits, "a")
    show("bits", r.getrandbits, 10**30)
    show("new", m.Random, 1, 2)
    show("seedless", m.Random, [])

    class Sub(m.Random):
        def random(self):
            return super().random() / 2

    print(Sub(42).random(), isinstance(Sub(), m.Random))


def use__struct(m):
    values = {"b": -5, "B": 200, "h": -300, "H": 60000, "i": -70000, "I": 4_000_000_000, "l": -1, "L": 2**32, "q": -(2**62), "Q": 2**63,
              "n": -3, "N": 3, "f": 1.5, "d": -2.25, "e": 0.5, "?": True, "c": b"x", "5s": b"abc", "4p": b"abcdef", "P": 123456}
    for order in ["", "@", "=", "<", ">", "!"]:
        for code, v in values.items():
            packed = outcome(m.pack, order + code, v)
            print(order + code, packed, outcome(m.calcsize, order + code))
            if packed[:2] in ("b'", 'b"'):
                show("   back", m.unpack, order + code, m.pack(order + code, v))
            for bad in [None, "text", 10**30, -(10**30), 1.5, Broken(), Index(7), Float(), b"toolong"]:
                show(f"   {order}{code} {bad!r}", m.pack, order + code, bad)
    s = m.Struct("<hIxd3s")
    print(s.size, s.format, text(s))
    b = bytearray(40)
    s.pack_into(b, 5, 1, 2, 3.0, b"xyz")
    print(bytes(b), s.unpack_from(b, 5), s.unpack_from(b, offset=5), list(s.iter_unpack(s.pack(1, 2, 3, b"a") * 2)))
    for args in [(b, 30, 1, 2, 3.0, b""), (b, -99, 1, 2, 3.0, b""), (b"readonly", 0, 1, 2, 3.0, b""), (b,), (), (b, 0, 1), (b, "x", 1, 2, 3, b"")]:
        show("pack_into", s.pack_into, *args)
    for args in [(b"",), (b"x" * 100,), ("text",), (), (b, 39), (b, -3), (b, -99)]:
        show("unpack", s.unpack, *args)
        show("unpack_from", s.unpack_from, *args)
        show("iter_unpack", s.iter_unpack, *args)
    for fmt in ["z", "99999999999999999999i", "3", "i i", " 2h ", "\x00", b"<i", 3, None, "é", "0s", "s", "0i", "i0q"]:
        show(f"calcsize {fmt!r}", m.calcsize, fmt)
        show(f"Struct {fmt!r}", lambda f: m.Struct(f).size, fmt)
    it = m.iter_unpack("<h", bytes(range(12)))
    print(it.__length_hint__(), next(it), it.__length_hint__(), list(it), outcome(next, it))
    m._clearcache()
    print(issubclass(m.error, Exception), m.error.__name__, m.error.__module__)


def use_binascii(m):
    data = bytes(range(256))
    for f in [m.hexlify, m.b2a_hex, m.b2a_base64, m.b2a_qp, m.crc32]:
        for d in [b"", b"a", data, bytearray(b"xy"), memoryview(b"abcd")[::2], "text", 5, None, Broken()]:
            show(f"{f.__name__} {text(d)[:20]}", f, d)
    for d in [b"616263", "616263", "61 62", "6", "zz", b"", "é", bytearray(b"41"), None]:
        show("unhexlify", m.unhexlify, d)
        show("a2b_hex", m.a2b_hex, d)
    for d in [b"YWJj", b"YWI=", b"YQ==", b"YQ", b"Y", b"", b"!!!!", b"YW Jj\n", "YWJj", b"YWJj=", b"=YWJj", b"YW=Jj", 3]:
        show(f"a2b_base64 {d!r}", m.a2b_base64, d)
        show("   strict", m.a2b_base64, d, strict_mode=True)
    show("newline", m.b2a_base64, b"abc", newline=False)
    for args in [(data, ":"), (data, ":", 4), (data, b"-", -3), (data, "ab"), (data, ""), (data, "é"), (data, 5), (b"a", "-", "x")]:
        show("hexlify", m.hexlify, *args)
    show("keywords", m.hexlify, data=b"abc", sep="_", bytes_per_sep=2)
    for d in [b"begin", data[:45], data[:46], b"", b"a"]:
        show("b2a_uu", m.b2a_uu, d)
        show("b2a_uu", m.b2a_uu, d, backtick=True)
    for d in [m.b2a_uu(b"hello"), b"", b"#!", b"%86)C\n", b"garbage \xff", "text"]:
        show("a2b_uu", m.a2b_uu, d)
    for d in [b"a=3Db", b"=\n", b"=ZZ", b"a_b", b"=4", "str", b"x=\r\ny"]:
        show("a2b_qp", m.a2b_qp, d)
        show("a2b_qp", m.a2b_qp, d, header=True)
    for kw in [{}, {"quotetabs": True}, {"istext": False}, {"header": True}]:
        show("b2a_qp", m.b2a_qp, b"a b\t \r\n=_. \nlong" + b"x" * 90, **kw)
    for args in [(b"abc", 0), (b"abc", -1), (b"abc", 2**40), (b"abc", "x"), (b"abc", 5, 6)]:
        show("crc32", m.crc32, *args)
        show("crc_hqx", m.crc_hqx, *args)


def use_zlib(m):
    data = b"the quick brown fox " * 200
    for level in range(-1, 11):
        show(f"level {level}", lambda l: m.decompress(m.compress(data, l)) == data, level)
    z = m.compress(data, wbits=31, level=9)
    show("gzip", lambda: m.decompress(z, wbits=31) == data)
    show("wrong", m.decompress, z)
    show("cut", m.decompress, m.compress(data)[:-5])
    show("garbage", m.decompress, b"garbage")
    show("raw", lambda: m.decompress(m.compress(data, wbits=-15), wbits=-15, bufsize=1) == data)
    for args in [("text",), (b"a", "x"), (b"a", 99), (5,), (b"", -1, 0)]:
        show("compress", m.compress, *args)
        show("decompress", m.decompress, *args)
    c = m.compressobj(level=6, wbits=-12, memLevel=3, strategy=m.Z_DEFAULT_STRATEGY, zdict=b"quick brown")
    part = c.compress(data[:100]) + c.flush(m.Z_SYNC_FLUSH)
    twin = c.copy()
    whole = part + c.compress(data[100:]) + c.flush()
    print(whole == part + twin.compress(data[100:]) + twin.flush())
    d = m.decompressobj(-12, zdict=b"quick brown")
    out = d.decompress(whole + b"tail", 50)
    print(len(out), d.eof, d.unused_data, len(d.unconsumed_tail) > 0)
    rest = d.decompress(d.unconsumed_tail) + d.flush()
    print(out + rest == data, d.eof, d.unused_data, d.unconsumed_tail)
    show("flush", c.flush)
    show("after", c.compress, b"x")
    show("flush mode", m.compressobj().flush, 99)
    show("max", m.decompressobj().decompress, b"", -1)
    show("copy", lambda: m.decompressobj().copy().eof)
    for args in [(b"abc",), (b"abc", 0), (b"abc", 2**33), ("abc",), (b"abc", None)]:
        show("adler32", m.adler32, *args)
        show("crc32", m.crc32, *args)
    show("new", type(c))
    for args in [(99,), (1, 1), (1, 8, 99), ("x",)]:
        show("compressobj", m.compressobj, *args)
        show("decompressobj", m.decompressobj, *args)
    print([(n, getattr(m, n)) for n in sorted(dir(m)) if n.startswith("Z_") or n.isupper()][:30])


def use__csv(m):
    class Sink:
        def __init__(self):
            self.text = []

        def write(self, s):
            self.text.append(s)
            return len(s)

    class Dialect:
        delimiter = ";"
        quotechar = "'"
        doublequote = False
        escapechar = "\\"
        lineterminator = "\n"
        quoting = m.QUOTE_MINIMAL
        skipinitialspace = True
        strict = True

    print(m.list_dialects(), m.__version__, m.field_size_limit())
    show("register", m.register_dialect, "mine", Dialect)
    show("register", m.register_dialect, "keys", delimiter="|")
    show("register", m.register_dialect, 5, Dialect)
    show("register", m.register_dialect, "bad", delimiter="||")
    print(sorted(m.list_dialects()), m.get_dialect("mine").quotechar)
    rows = [["a", 1, 2.5, None], ["x;y", "it's", 'say "hi"', "line\nbreak"], [], [""], ("t", True), "abc", [1e300, -0.0, 10**20]]
    for dialect in ["mine", "keys", Dialect]:
        for quoting in [m.QUOTE_MINIMAL, m.QUOTE_ALL, m.QUOTE_NONNUMERIC, m.QUOTE_NONE]:
            s = Sink()
            w = m.writer(s, dialect, quoting=quoting)
            for row in rows:
                show("row", w.writerow, row)
            show("rows", w.writerows, [[1, 2], [3]])
            print(s.text)
            lines = [l for l in "".join(s.text).splitlines(True)]
            show("read", lambda: list(m.reader(lines, dialect, quoting=quoting)))
    s = Sink()
    w = m.writer(s)
    for bad in [5, None, [Broken()], Broken(), {"a": 1}]:
        show(f"writerow {bad!r}", w.writerow, bad)
    show("writerows", w.writerows, 5)
    print(s.text, text(w.dialect.lineterminator))
    for lines in [['a,b,"c\n', 'd",e\n'], ["a\0b"], [b"bytes"], [1], ["a,'b'", '"x""y"'], ['"unclosed'], ["a\rb"], ["a" * 10], 5, [""]]:
        show(f"reader {lines!r}", lambda: list(m.reader(lines)))
        show("strict", lambda: list(m.reader(lines, strict=True)))
    r = m.reader(["a,b", "c"])
    print(r.line_num, next(r), r.line_num, next(r), r.line_num, outcome(next, r), r.dialect.delimiter)
    print(m.field_size_limit(5))
    show("limit", lambda: list(m.reader(["123456"])))
    show("limit", m.field_size_limit, "x")
    m.field_size_limit(131072)
    for kw in [{"delimiter": ""}, {"delimiter": 1}, {"quotechar": "ab"}, {"quoting": 9}, {"quoting": "x"}, {"lineterminator": 3},
               {"quotechar": None}, {"escapechar": "\n"}, {"nothing": 1}, {"quoting": m.QUOTE_NONE, "escapechar": "^"}, {"delimiter": "é"}]:
        show(f"writer {kw}", lambda: m.writer(Sink(), **kw).writerow(["a,b", 'c"d']))
    d = m.Dialect()
    show("attribute", setattr, d, "delimiter", "x")
    show("attribute", delattr, d, "quoting")
    show("unregister", m.unregister_dialect, "mine")
    show("unregister", m.unregister_dialect, "mine")
    show("get", m.get_dialect, "nothing")
    show("no write", m.writer, 5)
    print(issubclass(m.Error, Exception), m.Error.__name__)


def use__statistics(m):
    for args in [(0.5, 0.0, 1.0), (0.01, 100.0, 15.0), (0.999, -3, 2), (1e-300, 0, 1), (0.5, 1, 0)]:
        show(f"{args}", m._normal_dist_inv_cdf, *args)
    for args in [(0, 0, 1), (1, 0, 1), (2.0, 0, 1), (0.5, 0, -1), ("x", 0, 1), (0.5, None, 1), (0.5,), (Float(), 0, 1)]:
        show(f"{args}", m._normal_dist_inv_cdf, *args)


def use__opcode(m):
    # What instructions do to the stack is the runtime's own affair.
    for args in [(), ("x",), (None,), (1, 2, 3, 4), (100, "x"), (10**30,)]:
        show(f"stack_effect {args}", m.stack_effect, *args)
        show(f"specialization {args}", m.get_specialization_stats, *args)
    show("jump", m.stack_effect, 100, 1, jump=5)


def use__sha256(m):
    for name in ["sha224", "sha256"]:
        f = getattr(m, name)
        h = f(b"abc")
        print(h.name, h.digest_size, h.block_size, h.hexdigest(), h.digest())
        h.update(b"x" * 1000)
        twin = h.copy()
        twin.update(memoryview(b"more"))
        print(h.hexdigest(), twin.hexdigest(), f(string=b"", usedforsecurity=False).hexdigest())
        for bad in ["text", None, 5, Broken()]:
            show("update", h.update, bad)
            show("new", f, bad)
        show("keyword", f, string=b"", nothing=1)
        show("type", type(h))
        big = f()
        for i in range(100):
            big.update(bytes([i]) * 5000)
        print(big.hexdigest(), text(big))


def use_array(m):
    for code in "bBuhHiIlLqQfd":
        a = m.array(code, "abc" if code == "u" else [1, 2, 3])
        print(code, a, a.itemsize, a.typecode, len(a), a[1], a[-1], a[1:], a[::-1], a == a[:], a * 2, a + a)
        for v in [None, "x", "xy", 1.5, -1, 300, 10**30, Index(5), Broken()]:
            show(f"   append {v!r}", a.append, v)
        print(a, a.tobytes()[:24], a.buffer_info()[1])
        b = m.array(code)
        b.frombytes(a.tobytes())
        print(a == b, b.tolist() == a.tolist(), b.byteswap())
    a = m.array("i", range(10))
    a[2:5] = m.array("i", [100])
    del a[0]
    a[::2] = m.array("i", [7, 7, 7, 7])
    print(a, a.count(7), a.index(7, 1), 7 in a, a.pop(), a.pop(0))
    a.extend([1, 2])
    a.extend(m.array("i", [3]))
    a.insert(1, 55)
    a.remove(7)
    a.reverse()
    print(a, list(reversed(a)), sorted(a), max(a))
    a.fromlist([9, 8])
    print(a, a.__reduce_ex__(2)[1:2], a < m.array("i", [100]), a != a, hash(str(a)) == hash(str(a)))
    v = memoryview(a)
    print(v.format, v.itemsize, v.tolist())
    show("exported", a.append, 1)
    v.release()
    a.append(1)
    for bad in [lambda: a[99], lambda: a["x"], lambda: a.__setitem__(0, "x"), lambda: a.__setitem__(slice(0, 2), [1]), lambda: a + [1], lambda: a * "x",
                lambda: a.index(12345), lambda: a.remove(12345), lambda: m.array("i").pop(), lambda: a.frombytes(b"abc"), lambda: a.fromlist((1,)),
                lambda: a.fromlist([1, "x"]), lambda: a.fromunicode("x"), lambda: a.tounicode(), lambda: a.extend(5), lambda: a.extend(m.array("d")),
                lambda: m.array("z"), lambda: m.array("i", "text"), lambda: m.array("i", [1.5]), lambda: m.array(), lambda: m.array(5), lambda: hash(a),
                lambda: a.fromfile(5, 1), lambda: a.insert("x", 1), lambda: m.array("i", [1]) < 5, lambda: m.array("B", b"abc") == m.array("B", [97, 98, 99])]:
        show("bad", bad)

    class Sub(m.array):
        def __getitem__(self, i):
            return "got", super().__getitem__(i)

    s = Sub("i", [4, 5])
    s.extra = 1
    print(s[0], s.extra, s.tolist(), list(s), text(s * 2))
    it = iter(m.array("u", "héllo"))
    print(next(it), list(it), outcome(next, it), m.typecodes)


def use_math(m):
    xs = [0.0, -0.0, 1, 0.5, -2.5, 1e308, -1e-308, float("inf"), float("-inf"), float("nan"), 10**400, 7, True, Float(), Index(4), "x", None, Broken()]
    skip = {"pi", "e", "tau", "inf", "nan"}
    for name in sorted(n for n in dir(m) if not n.startswith("_") and n not in skip):
        f = getattr(m, name)
        for x in xs:
            show(f"{name} {x!r}"[:60], f, x)
        for x, y in [(2, 3), (2.0, -1), (0.0, -1), (7, 0), (-8, 1 / 3), (1e200, 1e200), (12, 18), ("x", 1), (1, None), (10**20, 3), (5, 2)]:
            show(f"{name} {x!r} {y!r}", f, x, y)
        show(f"{name} three", f, 1, 2, 3)
    print(m.pi, m.e, m.tau, m.inf, m.nan)
    show("fsum", m.fsum, [0.1] * 10 + [1e100, 1, -1e100])
    show("fsum", m.fsum, [1e308] * 3)
    show("fsum", m.fsum, [1, "x"])
    show("prod", m.prod, range(1, 30))
    show("prod", m.prod, [1.5, 2, "a"], start=2)
    show("prod", m.prod, [2, 3], start=0.5)
    show("dist", m.dist, (1, 2, 3), [4, 5, 6])
    show("dist", m.dist, (1,), (1, 2))
    show("hypot", m.hypot, 3, 4, 12, 84)
    show("isclose", m.isclose, 1, 1 + 1e-10)
    show("isclose", m.isclose, 1, 2, rel_tol=-1)
    show("isclose", m.isclose, 1, 1.1, rel_tol=0.2, abs_tol=0)
    show("gcd", m.gcd, 2**200 * 3, 2**150 * 9, 6)
    show("lcm", m.lcm, 4, 6, 10**20)
    show("comb", m.comb, 200, 77)
    show("perm", m.perm, 50, 10)
    show("factorial", m.factorial, 100)
    show("isqrt", m.isqrt, 10**101)
    show("log", m.log, 10**400, 10)
    show("log2", m.log2, 2**5000)
    show("ldexp", m.ldexp, 0.75, 10**10)
    show("nextafter", m.nextafter, 1.0, 2.0)
    show("sumprod", getattr, m, "sumprod", "none")

    class Rounding:
        def __trunc__(self):
            return "t"

        def __floor__(self):
            return "f"

        def __ceil__(self):
            return "c"

    for f in [m.trunc, m.floor, m.ceil]:
        show(f.__name__, f, Rounding())


for name in MODULES:
    m = load(name)
    print("==", name, sorted(n for n in dir(m) if not n.startswith("__") or n == "__doc__"), (m.__doc__ or "")[:40])
    globals()["use_" + name](m)
    badly(m, {"stack_effect"} if name == "_opcode" else ())
