"""itertools: every function."""
import itertools as it
import operator

print(list(it.islice(it.count(5, 3), 4)), list(it.islice(it.count(0.5, 0.25), 3)), list(it.islice(it.cycle("ab"), 5)), list(it.repeat(7, 3)), list(it.islice(it.repeat("x"), 2)))
print(list(it.accumulate([1, 2, 3, 4])), list(it.accumulate([3, 1, 2], max)), list(it.accumulate([1, 2], initial=10)), list(it.accumulate("abc")), list(it.accumulate([], initial=1)))
print(list(it.chain("ab", [1], ())), list(it.chain.from_iterable(["xy", [3]])), list(it.compress("abcdef", [1, 0, 1, 0, 1])), list(it.dropwhile(lambda x: x < 3, [1, 5, 2])), list(it.takewhile(lambda x: x < 3, [1, 5, 2])), list(it.filterfalse(None, [0, 1, "", 2])))
print([(k, list(g)) for k, g in it.groupby("aaabbca")], [(k, len(list(g))) for k, g in it.groupby([1, 3, 2, 4, 5], key=lambda x: x % 2)])
print(list(it.islice("abcdef", 2)), list(it.islice("abcdef", 2, None)), list(it.islice("abcdef", 1, 5, 2)), list(it.pairwise([1, 2, 3])), list(it.starmap(pow, [(2, 3), (3, 2)])), list(it.zip_longest("ab", [1, 2, 3], fillvalue="-")))
a, b, c = it.tee([1, 2, 3], 3)
print(next(a), next(a), list(b), list(a), list(c))
print(list(it.product("ab", [1, 2])), list(it.product([0, 1], repeat=2)), list(it.product()), list(it.permutations([1, 2, 3], 2)), list(it.permutations("ab")), list(it.combinations("abcd", 2)), list(it.combinations_with_replacement("abc", 2)), list(it.combinations([1], 2)), len(list(it.permutations(range(6)))))
g = it.groupby([1, 1, 2])
k1, g1 = next(g)
k2, g2 = next(g)
print(k1, list(g1), k2, list(g2))
for e in ("it.count('a')", "it.islice([], -1)", "it.islice([1], 0, 1, 0)", "it.repeat()", "it.product(repeat=-1)", "it.combinations([1], -1)", "it.tee([], -1)", "it.chain(5).__next__()", "list(it.starmap(pow, [1]))", "it.permutations(5)", "it.zip_longest([1], bad=2)", "it.accumulate()", "list(it.accumulate([1, 'a']))", "it.cycle(5)", "it.compress([1])", "next(it.count(2**70))", "it.islice('abc', 'x')", "it.groupby()"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)
print(it.count(3), it.count(1, 2), it.repeat(5, 2), it.repeat("x"), operator.length_hint(it.repeat(None, 4)), list(zip(it.count(), "abc")), sum(it.islice(it.count(1), 100)))
n = it.count(2 ** 63 - 2)
print([next(n) for _ in range(4)], n)


def gen():
    yield 1
    raise KeyError("mid")


try:
    list(it.chain([0], gen()))
except KeyError as e:
    print(repr(e))
t1, t2 = it.tee(gen())
print(next(t1), next(t2))
print(list(it.chain.from_iterable(it.repeat([1, 2], 2))), list(map(operator.add, [1, 2], it.count(10))), dict(zip("abc", it.count())), list(it.islice(it.filterfalse(lambda x: x % 3, it.count()), 4)))
it_ = it.islice(iter(range(10)), 2, 8, 3)
print(list(it_), list(it_))
