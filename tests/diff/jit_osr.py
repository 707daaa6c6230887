"""Single long loops at module level and in one call (on-stack replacement), with live state of many kinds."""
total = 0
ratio = 1.0
text = ""
seen = {}
for i in range(60000):
    total = (total * 1103515245 + 12345) & 0x7FFFFFFF
    ratio = ratio * 0.999 + (total & 7) / 8.0
    if total % 10007 == 0:
        text += chr(97 + total % 26)
        seen[total % 10] = i
print(total, round(ratio, 9), text, sorted(seen.items()))


def once():
    a, b, c = 0, 1.5, None
    stack = []
    k = 0
    while k < 60000:
        k += 1
        if k % 3 == 0:
            a += k
        elif k % 3 == 1:
            b = b / 1.0001 + a % 10
        else:
            c = (a, k)
        if k % 20000 == 0:
            stack.append((a, round(b, 6), c))
            for m in range(100):
                a ^= m
                if m == 50:
                    try:
                        stack[m]
                    except IndexError:
                        c = "except"
                        continue
    return stack, a, round(b, 6), c


print(once())


def nested_entry():
    out = []
    for outer in range(3):
        acc = outer
        for inner in range(20000):
            acc = acc * 5 % 8191 + inner
        out.append(acc)

        def cell():
            return acc
        for inner in range(5000):
            acc += 1
        out.append(cell())
    return out


print(nested_entry())


def with_stack(n):
    res = [sum([x, y, *[z for z in range(3)]]) + max(i for i in range(20000) if i % (x + 2) == y) for x in range(2) for y in range(2)]
    return res, "end"


print(with_stack(1))


def with_finally():
    log = []
    for i in range(20000):
        try:
            if i % 7000 == 0:
                continue
            if i == 19000:
                break
        finally:
            if i % 5000 == 0:
                log.append(i)
    else:
        log.append("no break")
    return log, i


print(with_finally())


class Body:
    n = 0
    for k in range(30000):
        n += k & 3
    del k


print(Body.n)
exec("q = 0\nfor j in range(30000):\n    q += j\nprint(q)")


def gen():
    s = 0
    for i in range(30000):
        s += i
        if i % 10000 == 0:
            s += (yield s) or 0
    return s


g = gen()
print(next(g), g.send(5), g.send(7))
try:
    g.send(None)
except StopIteration as e:
    print(e.value)
with open(__file__) as f:
    n = 0
    for line in f:
        for ch in line:
            n += ch == "e"
print(n > 50)
