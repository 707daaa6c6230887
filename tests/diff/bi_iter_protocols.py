"""iter, next, zip, map, filter, enumerate, reversed, any/all, min/max keys, sum, sorted on odd inputs."""
print(list(zip()), list(zip([1, 2, 3], "ab")), list(zip([1], [2], [3])), list(map(lambda *a: a, [1, 2], "xyz", (7, 8))), list(filter(lambda x: x % 2, range(6))), list(enumerate("abc", start=-1)), list(reversed([1, 2])), list(reversed("ab")), list(reversed(range(3))), list(reversed({"a": 1, "b": 2})))


class Cnt:
    def __init__(self, n):
        self.n, self.i = n, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.i >= self.n:
            raise StopIteration
        self.i += 1
        return self.i


a = Cnt(5)
b = iter([10, 20])
print(list(zip(a, b)), a.i, list(zip(iter([1, 2]), Cnt(5))), a.i)
m = map(str, Cnt(3))
print(next(m), list(m), next(m, "end"))
print(min([3, 1, 2]), max("abc", "abd"), min("b", "a", key=ord), max([], default="none"), max([1, -5, 3], key=abs), min({"x": 2, "a": 1}), max((1, "z"), (1, "a")), sum([1, 2.5, 3]), sum([[1], [2]], []), sum(range(5), 100), sum([True, True]), sum((), 5))
print(all([]), any([]), all([1, 0]), any([0, "x"]), all(x < 5 for x in range(5)), any(x > 5 for x in range(5)), abs(-3), divmod(-7, 3), pow(2, 3), round(2.567, 1), callable(print), len("abc"), id(a) == id(a), ord("x"), chr(120), bin(5), ascii("é"), repr("x"), hash("x") == hash("x"))
print(isinstance(1, int | str), isinstance("a", (int, (str, bytes))), issubclass(bool, int | None), type(1) is int, type("X", (), {})().__class__.__name__, vars(type("Y", (), {"a": 1})())), dir([])[:2]
print(getattr(5, "real"), getattr(5, "zzz", None), hasattr("", "join"), setattr(Cnt, "new", 1), Cnt.new, delattr(Cnt, "new"), hasattr(Cnt, "new"))
for e in ("next(iter([]))", "zip(5)", "list(map(None, [1]))", "filter(1)", "enumerate()", "list(enumerate(5))", "min()", "max(5)", "max([], key=1)", "sum('ab')", "sum(['a'], '')", "abs('x')", "round('x')", "len(5)", "iter(1, 2)", "reversed(5)", "reversed({1})", "isinstance(1, 5)", "issubclass(1, int)", "getattr(1, 2)", "hash([])", "any(5)", "chr('a')", "ord(5)", "type(1, 2)", "sorted([1, 'a'])", "callable()", "pow('a', 2)", "divmod(1, 'a')", "map()", "all([1], [2])", "min(1, 2, default=3)", "print(file=5)", "vars(5)", "dir(1, 2)", "super(int)", "input('a', 'b')", "open(1.5)", "hex(1.5)", "bin('a')", "format(1, 2)", "delattr(5, 'x')", "setattr(5, 'x', 1)", "setattr(object(), 'x', 1)", "memoryview()", "__import__(5)", "__import__('no_such_mod_x')", "property(1, 2, 3, 4, 5)", "anext(5)", "aiter(5)"):
    try:
        print(e, "=", eval(e))
    except BaseException as x:
        print(e, "->", type(x).__name__, x)
print(1, 2, sep="", end="!\n")
print(*[], sep="x")
print("a", None, [1], sep=None, end=None)
import io
f = io.StringIO()
print("to file", 1, file=f, flush=True)
print(repr(f.getvalue()))
i = iter([1, 2, 3])
print(2 in i, list(i), [x for x in iter(lambda d=[3, 2, 1, 0]: d.pop(0), 0)], dict(enumerate("ab")), list(zip(*[(1, "a"), (2, "b")])), dict(zip(*["ab", "cd"])))
print(NotImplemented, Ellipsis, ..., type(...).__name__, type(None)(), bool(NotImplemented) if 0 else "", __debug__)
