"""struct pack/unpack and the array module."""
import array
import struct

print(struct.pack("<bBhHiIqQ", -1, 255, -2, 65535, -3, 4, -5, 6), struct.pack(">id", 1, 2.5), struct.pack("!H", 258), struct.pack("3s5sx?c", b"ab", b"toolong", True, b"z"), struct.pack("<efd", 1.5, 2.5, 3.5), struct.pack("@bi", 1, 2), struct.pack("=bi", 1, 2), struct.pack("4p", b"abcdef"), struct.pack("2h", 1, 2), struct.pack("<n" if 0 else "n", 5))
print(struct.unpack("<hHx2s", b"\xff\xff\x01\x00zAB"), struct.unpack(">q", b"\xff" * 8), struct.unpack_from("<H", b"abcdef", 2), list(struct.iter_unpack("<H", b"\1\0\2\0")), struct.calcsize("bqi"), struct.calcsize("<bqi"), struct.calcsize("3s0i"), struct.unpack("<e", b"\x00\x3c"), struct.unpack("<f", struct.pack("<f", 0.1)), struct.unpack("?2?", b"\0\1\2"))
buf = bytearray(8)
struct.pack_into("<HH", buf, 2, 1, 2)
s = struct.Struct("<I2s")
print(buf, s.size, s.format, s.pack(7, b"hi"), s.unpack(s.pack(7, b"hi")), s.unpack_from(b"..\1\0\0\0ab", 2), s)if 0 else print(buf, s.size, s.format, s.pack(7, b"hi"))
for f in (lambda: struct.pack("b", 200), lambda: struct.pack("B", -1), lambda: struct.pack("i", "a"), lambda: struct.pack("i"), lambda: struct.pack("i", 1, 2), lambda: struct.unpack("i", b"abc"), lambda: struct.pack("z", 1), lambda: struct.pack("s", "x"), lambda: struct.pack("c", b"ab"), lambda: struct.pack("<q", 2 ** 63), lambda: struct.unpack_from("<I", b"ab"), lambda: struct.pack("f", 1e300), lambda: struct.pack_into("i", bytearray(2), 0, 1), lambda: struct.pack("5", 1), lambda: struct.pack("H", 1.5), lambda: struct.pack("e", 1e10)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


class Ix:
    def __index__(self):
        return 77


print(struct.pack("b", Ix()), struct.pack("<f", float("nan"))[-2:], struct.pack(">d", float("-inf")), struct.pack("<d", -0.0))
a = array.array("i", [3, 1, 2])
a.append(9)
a.extend([4, 5])
a.insert(0, -1)
print(a, a[1], a[1:3], len(a), a.itemsize, a.typecode, a.tolist(), a.pop(), a.index(9), a.count(1), 2 in a, a.tobytes()[:4], sorted(a), a + array.array("i", [0]), a * 2 == a + a, a == array.array("d", [-1.0, 3, 1, 2, 9, 4]))
a[1:3] = array.array("i", [100])
a.reverse()
a.remove(100)
del a[0]
a.byteswap()
print(a, array.array("d", [1.5, 2]), array.array("b", b"ab"), array.array("u", "hé"), array.array("B", range(3)).tobytes(), array.array("f", [0.1])[0], array.array("q"), bool(array.array("b")), array.array("H", [1]) < array.array("H", [2]))
for f in (lambda: array.array("b", [200]), lambda: array.array("z"), lambda: array.array("i", [1.5]), lambda: array.array("i", ["a"]), lambda: a.pop(50), lambda: a + [1], lambda: array.array("i", "str"), lambda: a[9], lambda: a.fromlist([1, "x"]), lambda: hash(a), lambda: array.array("i").frombytes(b"abc")):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
print(sum(array.array("i", range(1000))), max(array.array("d", [1, 5, 2])), [x * 2 for x in array.array("b", [1, 2])])
