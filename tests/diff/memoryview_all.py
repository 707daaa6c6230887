"""memoryview: slices, casts, formats, writes, release, comparison."""
import array

b = bytearray(b"abcdefgh")
m = memoryview(b)
print(len(m), m[0], m[-1], bytes(m[2:5]), m[::2].tobytes(), m[::-1].tolist(), m.format, m.itemsize, m.nbytes, m.shape, m.strides, m.readonly, m.ndim, m.contiguous)
m[0] = 65
m[1:3] = b"XY"
print(b, m == b, m[1:3] == b"XY", m != b"zz", 65 in m, list(m[:2]))
s = m[2:6]
s[0] = 48
print(b, s.obj is b, s.tobytes())
try:
    b.append(1)
except BufferError as e:
    print(e)
try:
    b[:] = b"x"
except BufferError as e:
    print(e)
s.release()
m.release()
b.append(33)
print(b)
try:
    m[0]
except ValueError as e:
    print(e)
r = memoryview(b"ro")
print(r.readonly, hash(r) == hash(b"ro"), r.hex())
for act in ("r[0] = 1", "r['a']", "r[9]", "memoryview(5)", "memoryview('s')", "r.cast('i')", "memoryview(bytearray(4))[0:2].__setitem__(0, 300)", "memoryview(bytearray(4)).__setitem__(slice(0, 2), b'abc')", "r[0, 0]", "del r[0]"):
    try:
        exec(act)
    except (TypeError, IndexError, ValueError, NotImplementedError) as e:
        print(act, "->", type(e).__name__, e)
w = memoryview(bytearray(16)).cast("I")
w[0] = 0x01020304
w[3] = 2 ** 32 - 1
print(w.tolist(), w.format, w.itemsize, w.shape, w.cast("B").tolist())
d = memoryview(bytearray(16)).cast("d")
d[1] = 1.5
print(d.tolist(), d.tobytes()[8:])
q = memoryview(bytes(range(12))).cast("B", (3, 4))
print(q.shape, q.ndim, q[1, 2], q.tolist(), q.strides)
a = array.array("i", [1, 2, 3])
am = memoryview(a)
am[1] = -5
print(a, am.format, am.itemsize, am == array.array("q", [1, -5, 3]), am[::2].tolist())
with memoryview(bytearray(b"ctx")) as c:
    print(bytes(c))
try:
    len(c)
except ValueError as e:
    print(e)
print(memoryview(b"abc").toreadonly().readonly, b"".join([memoryview(b"x"), b"y"]), int.from_bytes(memoryview(b"\x01\x02"), "big"), bytes(memoryview(b"abcdef")[1::2]), memoryview(b"") == b"")
try:
    w[0] = -1
except ValueError as e:
    print(e)
print(bytearray(memoryview(b"q")), memoryview(b"ab").tobytes() + b"c", b"abc".startswith(memoryview(b"ab")) if 0 else "", [x for x in memoryview(b"iter")], sorted(memoryview(b"cab")))
