# The functions of `_codecs`: arguments, results, messages.
import _codecs


def show(name, *args):
    try:
        print(name, args, "->", getattr(_codecs, name)(*args))
    except Exception as e:
        print(name, args, "!", type(e).__name__, e)


for name in sorted(n for n in dir(_codecs) if n.endswith("_encode")):
    for args in [("a\xe9",), ("a", None), (1,), (None,), ("a", 1), ("a", "e\0"), ("a\ud800", "replace"), ()]:
        show(name, *args)
for name in sorted(n for n in dir(_codecs) if n.endswith("_decode")):
    for args in [(b"ab\xff\xfe",), (b"abcd", None), ("abcd",), (1,), (b"a", 1), (b"a\xe9", "ignore"), (b"abcd", "strict", None)]:
        show(name, *args)
for order in (-1, 0, 1, "x", None):
    show("utf_16_encode", "ab", None, order)
    show("utf_32_ex_decode", b"a\0\0\0", "strict", order, True)
for args in [(1,), (None,), ("a\0",), ("a\ud800",), ("no such",)]:
    show("lookup", *args)
    show("lookup_error", *args)
for args in [("a", 1), ("a", "utf8", None), ("a", "utf8", 1), ("a", "utf8"), (b"a", "hex"), ("a", "u\0")]:
    show("encode", *args)
for args in [(b"a", 1), (b"a", "utf8", None), (b"61", "hex"), (b"\xff", "ascii", "replace")]:
    show("decode", *args)
for args in [(1, 2), ("a", 2), ("a\0", len), ("a",)]:
    show("register_error", *args)
show("charmap_build", 1)
show("charmap_build", "abc")
show("escape_decode", "\ud800")
show("unicode_escape_decode", "\\x41\\u0042", None)
show("readbuffer_encode", "a\ud800")
for f, args in [
    (str, (b"a", None)), (str, (b"a", "utf8", 1)), (str.encode, ("a", None)), (str.encode, ("a", "ascii", 2)),
    (bytes, ("a", None)), (bytes, ("a", "ascii", 2)), (bytes.decode, (b"a", None)), (bytearray.decode, (bytearray(b"a"), "ascii", 3)),
    (str.replace, ("a", None, "b")), (str.replace, ("a", "b", 2)), (str.maketrans, ("a", None)), (str.maketrans, ("a", "b", 3)),
    (str.encode, ("a", "u\0")), (bytes.decode, (b"a", "u\0")), (str, (b"a", "u\0")),
]:
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)
