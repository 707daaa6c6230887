"""io.StringIO, BytesIO, TextIOWrapper, BufferedReader, newline handling."""
import io

s = io.StringIO("line1\nline2\r\nline3")
print(repr(s.read(3)), repr(s.readline()), s.tell(), s.readlines(), repr(s.read()), s.seek(0), s.getvalue() == "line1\nline2\r\nline3", list(s))
s.seek(0, 2)
print(s.write("more"), s.truncate(5), s.getvalue(), s.closed, s.readable(), s.writable(), s.seekable())
s.close()
try:
    s.read()
except ValueError as e:
    print(e)
b = io.BytesIO(b"abcdef\nghi")
def first(view):
    # A view that is only dropped keeps its exporter from being resized until a collection (see memoryview_all).
    with view:
        return view[1]
print(b.read(2), b.read1(2), b.readline(), b.tell(), b.seek(-2, 2), b.read(), b.seek(0), b.readinto(bytearray(3)), b.getvalue(), first(b.getbuffer()), b.write(b"XY"), b.getvalue())
for f in (lambda: b.write("str"), lambda: io.StringIO().write(b"x"), lambda: io.StringIO(5), lambda: b.seek(-1), lambda: io.BytesIO("s"), lambda: io.TextIOWrapper(5), lambda: io.StringIO("a").seek(1, 1), lambda: io.open("x", "zz"), lambda: io.open("x", "rw"), lambda: io.open("/no/such/file")):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
for nl in (None, "", "\n", "\r\n", "\r"):
    raw = io.BytesIO(b"a\nb\r\nc\rd")
    t = io.TextIOWrapper(raw, encoding="ascii", newline=nl)
    out = io.BytesIO()
    w = io.TextIOWrapper(out, encoding="ascii", newline=nl)
    w.write("x\ny\r\n")
    w.flush()
    print(repr(nl), t.readlines(), out.getvalue(), repr(t.newlines))
raw = io.BytesIO()
t = io.TextIOWrapper(raw, encoding="utf-8", write_through=False)
print(t.write("é€\n"), raw.getvalue(), t.flush(), raw.getvalue(), t.encoding, t.errors, t.line_buffering, t.buffer is raw)
t.seek(0)
print(t.read(1), t.tell(), t.read(), t.detach() is raw)
big = io.TextIOWrapper(io.BytesIO("".join(f"row {i} é\n" for i in range(5000)).encode()), encoding="utf-8")
lines = [ln for ln in big]
print(len(lines), lines[4999], sum(map(len, lines)))
r = io.BufferedReader(io.BytesIO(b"0123456789"), buffer_size=4)
print(r.peek()[:2], r.read(3), r.tell(), r.seek(1), r.read1(), r.read(), r.raw.tell())
w = io.BufferedWriter(io.BytesIO(), buffer_size=4)
print(w.write(b"ab"), w.raw.getvalue(), w.write(b"cdefg"), w.flush(), w.raw.getvalue())


class Raw(io.RawIOBase):
    def __init__(self):
        self.chunks = [b"one\ntw", b"o\n", b""]

    def readable(self):
        return True

    def readinto(self, buf):
        c = self.chunks.pop(0)
        buf[:len(c)] = c
        return len(c)


print(io.BufferedReader(Raw()).readlines(), io.TextIOWrapper(io.BufferedReader(Raw())).read())
try:
    io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8").read()
except UnicodeDecodeError as e:
    print(e.reason)
print(io.TextIOWrapper(io.BytesIO(b"a\xffb"), encoding="ascii", errors="replace").read() == "a\ufffdb", io.IncrementalNewlineDecoder(None, True).decode("a\r\nb\r"), io.SEEK_END, io.DEFAULT_BUFFER_SIZE, issubclass(io.StringIO, io.TextIOBase), isinstance(b, io.BufferedIOBase))
with io.StringIO() as c:
    print("printed", file=c)
    c.writelines(["a", "b\n"])
    print(repr(c.getvalue()))
