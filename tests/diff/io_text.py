"""Text streams: line ends, positions, coding, reconfiguring, what goes wrong."""
import io
import codecs


def show(f, *args, **kwargs):
    try:
        print(repr(f(*args, **kwargs)))
    except Exception as e:
        print(type(e).__name__, e)


DATA = "a\r\nb\rc\nd\u20ac\r\r\n\n\rlast".encode()
for newline in (None, "", "\n", "\r", "\r\n"):
    for chunk in (1, 2, 3, 7, 8192):
        t = io.TextIOWrapper(io.BytesIO(DATA), "utf-8", newline=newline)
        t._CHUNK_SIZE = chunk
        print(newline, chunk, list(t), t.newlines)
        t.seek(0)
        out = []
        while True:
            s = t.readline(2)
            if not s:
                break
            out.append(s)
        print(out, t.newlines)
        t.seek(0)
        print([t.read(1) for _ in range(9)], repr(t.read()))
    s = io.StringIO("a\r\nb\rc\n", newline=newline)
    print(list(s), repr(s.getvalue()), s.newlines)
    b = io.BytesIO()
    t = io.TextIOWrapper(b, "utf-8", newline=newline)
    t.write("x\ny\r\nz\r")
    t.flush()
    print(b.getvalue())

# positions: everywhere, with decoders that keep a state
for encoding in ("utf-8", "latin-1", "utf-16", "utf-8-sig", "shift_jis", "utf-7", "ascii"):
    text = "ab\ncd\n" if encoding in ("latin-1", "ascii") else "a\u30a2\nc\u3042d\r\nx"
    raw = text.encode(encoding)
    for newline in (None, ""):
        t = io.TextIOWrapper(io.BytesIO(raw), encoding, newline=newline)
        t._CHUNK_SIZE = 5
        marks = []
        while True:
            marks.append(t.tell())
            if not t.read(1):
                break
        print(encoding, newline, marks)
        rests = []
        for m in marks:
            t.seek(m)
            rests.append(t.read())
        print(rests)

t = io.TextIOWrapper(io.BytesIO(b"abc\ndef\n"), "ascii")
for line in t:
    show(t.tell)
    break
show(t.seek, 1, 1)
show(t.seek, 1, 2)
show(t.seek, -1)
show(t.seek, 0, 5)
show(t.seek, 0, 2)
show(t.tell)
show(t.write, 3)
show(t.write, None)
show(t.reconfigure, encoding="latin-1")
t.readline()
t.seek(0)
t.readline()
show(t.reconfigure, encoding="latin-1")
show(t.reconfigure, newline="\r")
show(t.reconfigure, line_buffering=True)
print(t.line_buffering, t.write_through, t.encoding, t.errors)
show(t.reconfigure, line_buffering="x")
show(t.reconfigure, 1)

for args in (
    {"encoding": "nope"}, {"encoding": "hex"}, {"encoding": 3}, {"errors": 3}, {"newline": "x"}, {"newline": 3},
    {"encoding": "a\0b"}, {"bogus": 1},
):
    show(lambda: io.TextIOWrapper(io.BytesIO(), **args))
show(io.TextIOWrapper)
show(io.TextIOWrapper, 3)
e = io.TextIOWrapper.__new__(io.TextIOWrapper)
show(e.read)
show(repr, e)
show(lambda: e.closed)

b = io.BytesIO()
t = io.TextIOWrapper(b, "ascii", errors="xmlcharrefreplace", newline="\n")
show(t.write, "x\u20acy")
show(t.read)
show(t.readline)
t.flush()
print(b.getvalue())
t = io.TextIOWrapper(io.BytesIO(b"\xff\xfeab"), "utf-8")
show(t.read)
for errors in ("replace", "ignore", "surrogateescape", "backslashreplace", "nope"):
    t = io.TextIOWrapper(io.BytesIO(b"a\xff\xe2\x82\xacb\xe2"), "utf-8", errors=errors)
    t._CHUNK_SIZE = 2
    show(t.read)
t = io.TextIOWrapper(io.BytesIO(), "ascii")
show(t.write, "\u20ac")
show(t.write, "ok")
t.detach()
show(t.write, "x")
show(t.flush)
show(lambda: t.buffer)
show(repr, t)
t = io.TextIOWrapper(io.BytesIO(), "utf-8")
t.close()
show(t.write, "x")
show(t.read)
show(next, t)
show(t.flush)
show(t.tell)
print(t.closed)


class Log(io.BytesIO):
    def write(self, b):
        print("write", bytes(b))
        return super().write(b)

    def flush(self):
        print("flush")


for kw in ({}, {"line_buffering": True}, {"write_through": True}):
    t = io.TextIOWrapper(Log(), "utf-8", **kw)
    t._CHUNK_SIZE = 4
    for s in ("a", "bc", "d\n", "efghij", "\r", ""):
        t.write(s)
    print(t.line_buffering, t.write_through)
    t.flush()
    t.detach()


class Odd:
    closed = False

    def __init__(self, chunks):
        self.chunks = chunks

    def readable(self):
        return True

    def writable(self):
        return False

    def seekable(self):
        return False

    def read1(self, n):
        return self.chunks.pop(0)

    read = read1


show(io.TextIOWrapper(Odd([b"ab", bytearray(b"c\n"), memoryview(b"d"), b""])).readline)
show(io.TextIOWrapper(Odd(["text"])).readline)
show(io.TextIOWrapper(Odd([None])).readline)
show(io.TextIOWrapper(Odd([None])).read)
show(io.TextIOWrapper(Odd([b""])).tell)
show(io.TextIOWrapper(Odd([b""])).seek, 0)
show(io.TextIOWrapper(Odd([b""])).write, "")


class Sub(io.TextIOWrapper):
    def readline(self, *args):
        return super().readline(*args).upper()


print(list(Sub(io.BytesIO(b"ab\ncd\n"), "utf-8")))


class Bad(io.TextIOWrapper):
    def readline(self, *args):
        return 3


show(next, Bad(io.BytesIO(b"ab\ncd\n"), "utf-8"))

d = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
print([d.decode(x) for x in (b"a\r", b"\nb\xe2", b"\x82\xac\r", b"c")], d.newlines, d.getstate())
print(d.decode(b"\r", final=True), d.newlines)
d.reset()
print(d.newlines, d.getstate())
d.setstate((b"", 1))
print(repr(d.decode(b"x")))
show(d.setstate, 3)
show(d.setstate, (1,))
show(d.decode, "text")
show(io.IncrementalNewlineDecoder(None, translate=False).decode, b"x")
