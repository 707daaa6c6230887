"""set and frozenset algebra, methods, comparison, hashing, errors (printed sorted)."""
a, b = {1, 2, 3, 4}, {3, 4, 5}


def p(*sets):
    print(*[sorted(s, key=str) if isinstance(s, (set, frozenset)) else s for s in sets])


p(a | b, a & b, a - b, a ^ b, b - a, a.union([9], "x"), a.intersection(b, [3]), a.difference(b, [1]), a.symmetric_difference([1, 99]))
p(a < b, {3} < a, {3} <= {3}, a > {1}, a >= a, a == {4, 3, 2, 1}, a != b, a.issubset(range(10)), a.issuperset([1]), a.isdisjoint([7]), {1} == frozenset([1]))
c = set(a)
c.add(10)
c.add(10)
c.discard(1)
c.discard("absent")
c.remove(2)
c.update([5], {6}, "z")
p(c, len(c), 5 in c, c.copy() == c)
c &= {5, 6, 10}
c |= {7}
c -= {10}
c ^= {7, 8}
p(c)
c.intersection_update([5, 8])
c.difference_update([8])
c.symmetric_difference_update([1, 2])
p(c)
f = frozenset("hello")
p(f, hash(f) == hash(frozenset("olhe")), f | {1}, type(f | {1}).__name__, type({1} | f).__name__, {f: 1}[frozenset("hello")], f.copy() is f, frozenset(f) is f, frozenset() == set())
print(set(), frozenset(), {1}, frozenset([2]), {"x"}, {(1, 2)}, repr({None}), {1, True, 1.0}, {0, False}, len({"a", b"a"}), set("aab") == {"a", "b"})
print({frozenset([1])} == {frozenset([1])}, {1, 2} in [{2, 1}], {1} in {frozenset([1])}, sorted({3, 1, 2}), max({1, 5}), sum({1, 2, 3}), sorted({i % 5 for i in range(50)}))
for e in ("{[]}", "set(5)", "{1}.remove(2)", "set().pop()", "hash(set())", "{1} | [2]", "{1} < [1]", "{1} + {2}", "set()[0]", "frozenset().add(1)", "{1}.union(5)", "{{1}}", "{1} - 5", "set([[]])", "{1, 2} & 'a'", "set(1, 2)"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
s = {1, 2, 3}
try:
    for x in s:
        s.add(x + 10)
except RuntimeError as e:
    print(e)
s = set(range(1000))
for i in range(0, 1000, 2):
    s.discard(i)
print(len(s), sum(s), 1 in s, 2 in s)
popped = set()
while s:
    popped.add(s.pop())
print(len(popped), sum(popped), s)


class S(set):
    pass


print(type(S([1]) | {2}).__name__, S([1]) == {1}, repr(S([1])), type(S([1]).copy()).__name__, isinstance(S(), set))
big1, big2 = set(range(0, 3000, 2)), set(range(0, 3000, 3))
print(len(big1 & big2), len(big1 | big2), len(big1 ^ big2), len(big1 - big2), big1 > big2, set(range(0, 12, 6)) < big1 & big2)
nan = float("nan")
print(len({nan, nan}), nan in {nan}, len({float("nan"), float("nan")}), {1, 2}.__and__({2}), {1}.__and__([1]), {1}.__rsub__({1, 2}))
print(frozenset([1, 2]).__reduce__()[1] and "reduce", set("ab").isdisjoint("cd"), not set(), *sorted({*"ab", *"bc"}))
