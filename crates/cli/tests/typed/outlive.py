"""Arguments that outlive their call, or cross more than once during it; printed for a comparison of runtimes."""
import gc

import keep


def fresh(i):
    """New objects that nothing else refers to."""
    return [
        "text %d" % i,
        "\u0394 %d" % i,
        "\U0001f600 %d" % i,
        b"bytes %d" % i,
        (i, i + 0.5),
        ("text %d" % i, (i, "inner %d" % i)),
        i + 10 ** 20,
        i * 1.5,
        [i],
        {i: i},
    ]


for round in range(30):
    objects = fresh(round)
    for x in objects:
        keep.keep(x)
    garbage = [fresh(i) for i in range(5)]
    gc.collect()
    numbers = (int, float)
    for n, x in enumerate(objects):
        back = keep.get(n)
        assert back == x and (back is x or isinstance(x, numbers)), (n, x, back)
    del objects, x, back
    gc.collect()
    print(round, [keep.get(n) for n in range(10)])
    keep.drop()

for round in range(30):
    for x in fresh(round):
        if isinstance(x, (int, float)):
            continue
        assert keep.identity(x) is x
        assert keep.same(x, x) and not keep.same(x, [x])
        assert keep.holds((x,), x)
        t = (x, 1)
        assert keep.holds(t, x) and keep.holds(t, t[0])
        seen = []

        def look(y):
            seen.append(y)
            gc.collect(0)
            assert keep.same(y, x) and keep.identity(y) is x
            return y

        a, b = keep.twice(look, x)
        assert a is x and b is x and seen[0] is x and seen[1] is x
    for x in fresh(round):
        assert keep.shared(x) or isinstance(x, (int, float))
print("identities hold")


def deep(n, text):
    """Calls within calls: each holds an argument of its own."""
    if n == 0:
        return text
    inner = text + "x"
    return keep.twice(lambda y: deep(n - 1, inner) if y == inner else None, inner)[1]


print(deep(8, "a"))
for size in range(0, 300, 7):
    text = "s" * size
    assert keep.identity(text) == text
    t = tuple(range(size))
    assert keep.identity(t) == t and keep.identity(t) is t
print(keep.identity(()), keep.identity(""), keep.identity("a"), keep.identity(b""))
