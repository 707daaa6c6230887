"""bytes and bytearray."""
b = b"Hello, \x00\xff"
print(b, len(b), b[0], b[-1], b[1:4], b[::-1], b + b"x", b * 2, 72 in b, b"ell" in b, list(b[:3]), b.hex(), b.hex(":"), b.hex("-", 2), bytes.fromhex("de ad BE ef"))
print(bytes(3), bytes([1, 2, 255]), bytes("é", "utf8"), bytes(b"copy"), bytes(range(5)), bytes(), bytes(bytearray(b"q")), b"\x41\n\t\\'\"", b'it\'s', repr(b"'"), repr(b"'\""))
print(b"a,b".split(b","), b" x ".strip(), b"abc".upper(), b"ABC".lower(), b"abc".find(b"c"), b"abc".find(99), b"aXb".replace(b"X", b"--"), b"-".join([b"a", bytearray(b"b")]), b"abc".startswith(b"a"), b"k=v".partition(b"="), b"abc".index(b"b"), b"aaa".count(b"a"), b"a\nb".splitlines(), b"x".center(5, b"*"), b"7".zfill(3), b"\tx".expandtabs(2), b"Title case".title(), b"ab".translate(bytes(range(256))[::-1]), b"abc".translate(None, b"b"), b"1".isdigit(), b"pre_x".removeprefix(b"pre_"))
print(b"abc" < b"abd", b"a" == "a", b"a" == bytearray(b"a"), hash(b"a") == hash(b"a"), b"abc".decode(), b.decode("latin1") == "Hello, \x00\xff", bytes.maketrans(b"ab", b"xy")[97:99])
a = bytearray(b"hello")
a[0] = 72
a[1:3] = b"EXTRA"
a.append(33)
a.extend([1, 2])
a += b"zz"
del a[-1], a[2:4]
print(a, len(a), a.pop(), a.pop(0), a)
a.insert(0, 65)
a.remove(65)
a.reverse()
a[::2] = b"." * len(a[::2])
print(a, a.find(b"."), a.copy() is a, a == bytes(a), bytearray(3), bytearray("x", "ascii"), a.clear(), a, bool(a))
a[:] = b"new"
a *= 2
print(a, a.upper(), sorted(a), max(a), bytearray(b"a%db") % 5, repr(bytearray(b"'")), bytearray([1]) + b"x", b"x" + bytearray([1]), type(b"x" + bytearray()).__name__)
for e in ("bytes([256])", "bytes(-1)", "bytes('x')", "b'a' + 'b'", "b'a'[5]", "bytes.fromhex('xz')", "b'a'.join(['x'])", "b'abc'.find('a')", "bytearray(b'a').append(256)", "bytearray(b'a').append('x')", "bytearray().pop()", "bytearray(b'a').remove(98)", "hash(bytearray())", "b'\\xff'.decode()", "bytes(1.5)", "bytes([1.5])", "b'' in 5", "'a' in b'a'", "256 in b'a'", "b'a' < 'a'", "bytes(object())", "b'x' * -1", "b'ab'.hex('ab')", "bytes(2, 'utf8')", "bytearray(b'abc')[1:2].__setitem__(0, 'a')"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class B:
    def __bytes__(self):
        return b"from __bytes__"


class Sub(bytes):
    pass


print(bytes(B()), Sub(b"x") + b"y", type(Sub(b"x")[:]).__name__, Sub(b"k") == b"k", {b"k": 1}[Sub(b"k")], b"%s" % B())
it = iter(b"ab")
print(next(it), it.__length_hint__(), list(it), bytes(x ^ 1 for x in b"abc"), bytes(reversed(b"abc")), b"".join(bytes([i]) for i in range(65, 70)))
big = bytes(range(256)) * 100
print(len(big), big.count(b"\x00\x01"), big.rfind(b"\xff"), big[255:258], sum(big), big.find(bytes([5, 6, 7]), 1000))
