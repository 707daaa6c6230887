"""Binary streams: raw, buffered, in memory; what their methods give and refuse."""
import io
import os
import pickle
import tempfile
import weakref


def show(f, *args, **kwargs):
    try:
        print(repr(f(*args, **kwargs)))
    except Exception as e:
        print(type(e).__name__, e)


path = tempfile.mktemp()
for mode in ("r", "rw", "", "x+", "b", "U", "rr", "r++", "\0", "rbt", "wb"):
    try:
        with io.FileIO(path, mode) as f:
            print(mode, f.mode, f.readable(), f.writable(), f.seekable(), f.closefd, f.closed)
    except Exception as e:
        print(repr(mode), type(e).__name__, str(e).replace(path, "PATH"))
f = io.FileIO(path, "w+")
print(f.write(b"hello"), f.tell(), f.seek(1), f.read(2), f.readall(), f.read(), f.readinto(bytearray(3)))
print(f.truncate(3), f.tell(), f.seek(0, 2), f.seek(-1, 1))
show(f.write, "text")
show(f.write, 3)
show(f.readinto, b"x")
show(f.seek, "x")
show(f.seek, 1.5)
show(f.seek, 0, 9)
show(f.read, "x")
show(f.truncate, -1)
show(pickle.dumps, f)
print(repr(f).replace(path, "PATH").replace(str(f.fileno()), "N"), f.name == path)
f.close()
print(f, f.closed)
for m in ("read", "readall", "tell", "fileno", "isatty", "seekable", "readable", "truncate"):
    show(getattr(f, m))
show(io.FileIO, -1)
show(io.FileIO, 9999)
show(io.FileIO, 1.5)
show(io.FileIO, 1 << 70)
show(io.FileIO, "/nonexistent")
show(io.FileIO, "/")
show(io.FileIO, "a\0b")
show(io.FileIO, path, "r", False)
show(io.FileIO, path, "r", opener=lambda *a: -2)
show(io.FileIO, path, "r", opener=lambda *a: "x")
show(io.FileIO)

for args in (("r", 0), ("rb", 1), ("q",), ("rw",), ("rt+b",), ("rb", -1, "ascii"), ("rb", -1, None, "strict"),
             ("rb", -1, None, None, "\n"), (3,), ("r", "x"), ("r", -1, 3), ("r", -5)):
    try:
        with open(path, *args) as f:
            print(args, type(f).__name__)
    except Exception as e:
        print(args, type(e).__name__, e)
show(open, None)
show(open, [])

with open(path, "wb") as f:
    f.write(bytes(range(256)) * 100)
with open(path, "rb", buffering=16) as f:
    print(f.peek()[:4], f.read(3), f.read1(2), f.read1(100), f.readline(5), f.tell(), f.seek(20), f.read(20))
    buf = bytearray(40)
    print(f.readinto(buf), buf[:3], f.readinto1(buf), f.tell())
    print(len(f.read()), f.read(), f.read(5), f.seek(-3, 2), f.read(10))
    show(f.read, -2)
    show(f.write, b"x")
    show(f.truncate)
    show(f.seek, 0, 7)
    show(f.readinto, b"x")
    show(f.detach().closed.__class__)
    show(f.read)
    show(repr, f)
with open(path, "r+b", buffering=8) as f:
    print(f.read(3), f.write(b"XYZ"), f.read(3), f.tell(), f.seek(1), f.write(b"0123456789abc"), f.tell())
    f.seek(0)
    print(f.read(20), f.peek(1)[:1], f.truncate(), f.tell())
    print(f.seek(0, 2), f.write(b"end"), f.seek(-5, 1), f.read())
print(open(path, "rb").read()[-8:])
with open(path, "ab") as f:
    print(f.tell(), f.write(b"!"), f.tell(), f.mode, f.raw.mode)
    show(f.read)
    show(f.write, "text")
    show(f.write, None)
show(f.write, b"x")
show(f.flush)
os.unlink(path)


class Raw(io.RawIOBase):
    def __init__(self, script, log):
        self.script, self.log = list(script), log

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, b):
        x = self.script.pop(0) if self.script else b""
        if isinstance(x, Exception):
            raise x
        if not isinstance(x, bytes):
            return x
        b[:len(x)] = x
        return len(x)

    def write(self, b):
        x = self.script.pop(0) if self.script else len(b)
        self.log.append((bytes(b), x))
        return x


for script in ([b"ab", None, b"c"], [None], [-1], [10 ** 6], ["x"], [OSError(5, "io")], [b"ab", b"", b"c"]):
    r = io.BufferedReader(Raw(script, []), 4)
    show(r.read, 3)
    show(r.read1, 3)
    show(r.read)
    show(r.peek)
for script in ([2, 1, None], [None], [-1], [100], [3, None, None]):
    log = []
    w = io.BufferedWriter(Raw(script, log), 4)
    for piece in (b"abc", b"defgh", b"ij"):
        show(w.write, piece)
    try:
        w.flush()
    except BlockingIOError as e:
        print(e, e.characters_written, e.errno)
    except OSError as e:
        print(e)
    print(log)
    w.raw.script[:] = []
show(io.BufferedReader, 3)
show(io.BufferedReader, Raw([], []), 0)
show(io.BufferedRandom, Raw([], []))
show(io.BufferedReader(Raw([], [])).seek, 0)
r = io.RawIOBase()
show(r.read, 1)
show(r.write, b"")
show(r.fileno)
show(r.seek, 0)
show(r.tell)
show(r.truncate)
print(r.readable(), r.writable(), r.seekable(), r.isatty(), r.closed)
r.close()
show(r.flush)
show(r.__enter__)
show(list, r)
print(vars(r))
p = io.BufferedRWPair(io.BytesIO(b"in\nput"), io.BytesIO())
print(p.readline(), p.peek(1), p.read(2), p.write(b"x"), p.readable(), p.writable(), p.closed)
p.close()
print(p.closed)

m = io.BytesIO(b"line one\nline two\nrest")
print(m.readline(), m.readline(3), m.readlines(), m.tell(), m.seek(0), list(m), m.seek(-4, 2), m.read1())
print(m.write(b"!!"), m.seek(40), m.write(b"far"), m.getvalue(), m.truncate(5), m.getvalue(), m.tell())
v = m.getbuffer()
v[0:1] = b"L"
print(m.getvalue(), v.nbytes, v.obj.__class__)
show(m.write, b"more")
show(m.truncate, 1)
show(m.close)
v.release()
show(m.seek, -1)
show(m.seek, 0, 3)
show(m.truncate, -1)
show(m.write, "x")
show(m.readinto, b"x")
show(m.readlines, "x")
m.extra = 3
print(m.__getstate__())
c = pickle.loads(pickle.dumps(m))
print(c.getvalue(), c.tell(), c.extra)
show(m.__setstate__, 3)
show(m.__setstate__, (b"x", "y", None))
show(m.__setstate__, (b"x", -1, None))
show(m.__setstate__, (b"x", 0, 3))
m.close()
show(m.read)
show(m.getvalue)
show(m.getbuffer)
print(m.closed, m)

s = io.StringIO("one\ntwo")
print(s.read(2), s.readline(), s.write("X\u20acY"), s.getvalue(), s.seek(1), s.read(), s.truncate(2), s.getvalue())
print(s.seek(5), s.write("far"), ascii(s.getvalue()), s.line_buffering, s.newlines, s.encoding, s.errors)
show(s.write, b"x")
show(s.seek, -1)
show(s.seek, 1, 1)
show(s.seek, 0, 4)
show(s.truncate, -1)
show(io.StringIO, 3)
show(io.StringIO, "", "x")
show(io.StringIO, "", 3)
c = pickle.loads(pickle.dumps(s))
print(ascii(c.getvalue()), c.tell())
s.close()
show(s.read)
show(s.getvalue)
print(s.closed)
for cls in (io.BytesIO, io.StringIO):
    x = cls()
    print(weakref.ref(x)() is x, x.__dict__, x.isatty(), x.readable(), x.writable(), x.seekable())
    with x as y:
        print(y is x)
    show(x.__enter__)
    show(x.fileno)
print([c.__mro__[1:] for c in (io.FileIO, io.BytesIO, io.StringIO, io.BufferedReader, io.TextIOWrapper)])
print(io.DEFAULT_BUFFER_SIZE, io.UnsupportedOperation.__bases__, io.open is open, io.text_encoding("x"))
show(io.open_code, 3)
