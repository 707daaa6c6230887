"""Buffers as arguments of native functions: what fits, what does not, and what happens to them meanwhile."""
import array
import ctypes
import gc

import buffers


class Bytes(bytes):
    pass


class Array(array.array):
    pass


def answer(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e)


def values():
    yield from (array.array(code, [1, 2, 3]) for code in "bBhHiIlLqQfd")
    data = bytearray(range(1, 49))
    whole = memoryview(data)
    yield from (b"bytes", b"", Bytes(b"sub"), data, whole, whole[::2], whole[8:24], whole.cast("d"), whole.cast("i"), whole.cast("q"))
    yield from (whole.cast("b"), whole.cast("c"), whole.cast("?"), whole.cast("B", (6, 8)), whole[1:9], whole[:0], whole.toreadonly())
    yield from (memoryview(array.array("d", [1.5, 2.5, 3.5]))[::-1], array.array("d"), Array("d", [0.5, 0.25]), Array("i", [5]))
    yield from ((ctypes.c_double * 3)(1, 2, 3), (ctypes.c_int64 * 2)(7, 8), (ctypes.c_int * 2)(7, 8), ctypes.c_double(1.5))
    yield from ("text", None, 5, [1.0], object())
    gone = memoryview(b"gone")
    gone.release()
    yield gone


def show(v):
    if isinstance(v, memoryview):
        try:
            return "memoryview %s %s %s" % (v.format, v.shape, v.readonly)
        except ValueError:
            return "released"
    return repr(v) if isinstance(v, (bytes, bytearray, array.array)) else type(v).__name__


for v in values():
    print(show(v), [answer(f, v) for f in (buffers.sum, buffers.bytes, buffers.longs)], answer(buffers.fill, v, 1), answer(buffers.fill, v, 13),
          answer(buffers.dot, v, v, v), show(v))
for f in (buffers.sum, buffers.bytes, buffers.longs):
    print(answer(f), answer(f, b"", b""))
print(answer(buffers.fill, array.array("i", [1]), 2 ** 40), answer(buffers.fill, array.array("i", [1]), True))
a, b, c = array.array("d", [1, 2, 3]), array.array("f", [0.5, 0.25, 4]), array.array("d", [0, 0])
print(buffers.dot(a, b, c), c)


def churn():
    junk = [str(i) * 3 for i in range(200)]
    gc.collect()
    return junk


def grow():
    print(answer(data.append, 1))


def fails():
    raise KeyError("back")


data = bytearray(b"some data")
print(buffers.after(data, churn), buffers.after(data, grow), answer(buffers.after, data, fails), answer(buffers.after, b"data", churn))
data.append(1)
print(buffers.after(bytearray(b"young" * 3), churn), len(data))
numbers = array.array("d", range(10))
for _ in range(5):
    buffers.sum(numbers)
    numbers.append(1.0)
print(buffers.sum(numbers))


def loop(n):
    total = 0
    for i in range(n):
        young = bytearray(b"%d" % i)
        total ^= buffers.bytes(young) ^ buffers.longs(array.array("q", [i, -i]))
        buffers.fill(array.array("i", [1, 2]), i)
        young.append(1)
    return total


print(loop(13), answer(loop, 14))
print([buffers.bytes(bytearray(b"%d" % i)) for i in range(3000)][-1])
