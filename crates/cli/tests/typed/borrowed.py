"""Buffers that compiled code keeps from call to call, while what is called uses the same exporters."""
import array

import buffers
a = array.array("B", range(1, 21))
b = array.array("d", [1.0, 2.0, 3.0])
log = {}


def note(k):
    log[k] = log.get(k, 0) + 1


def cb(depth=[0]):
    try:
        a.append(1)
        note("appended")
        a.pop()
    except BufferError as e:
        note(str(e))
    try:
        b.append(4.0)
        note("b appended")
        b.pop()
    except BufferError as e:
        note("b " + str(e))
    if depth[0] < 2:
        depth[0] += 1
        try:
            inner()
        finally:
            depth[0] -= 1


def inner():
    t = 0
    for i in range(60):
        t += buffers.sum(b)
        t += buffers.bytes(a)
        if i == 15:
            buffers.after(a, cb)
    return t


def outer(n):
    t = 0
    for i in range(n):
        t += buffers.sum(b) + buffers.bytes(a)
        t += buffers.after(a, cb)
        t += buffers.sum(b)
    return t


print(outer(400), sorted(log.items()))


def bad():
    raise KeyError("x")


n = 0
for i in range(3000):
    try:
        buffers.sum(b)
        buffers.after(a, bad)
    except KeyError:
        a.append(1)
        a.pop()
        b.append(1.0)
        b.pop()
        n += 1
print(n)


def many(n):
    arrays = [array.array("d", [float(i)] * (i + 1)) for i in range(7)]
    t = 0
    for i in range(n):
        x = arrays[i % 7]
        t += buffers.sum(x)
        if i % 97 == 0:
            x.append(1.0)
            arrays[i % 7] = array.array("d", x)
    return t


print(many(5000))


def fill(n):
    x = array.array("i", [0] * 5)
    for i in range(n):
        buffers.fill(x, i % 1000 + 20)
    x.append(3)
    return x


print(fill(5000))
