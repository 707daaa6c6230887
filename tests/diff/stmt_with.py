"""with: several managers, suppression, exit arguments, errors in enter and exit, parenthesised form."""


class M:
    def __init__(self, name, swallow=False, fail_enter=False, fail_exit=False):
        self.name, self.swallow = name, swallow
        self.fail_enter, self.fail_exit = fail_enter, fail_exit

    def __enter__(self):
        print("enter", self.name)
        if self.fail_enter:
            raise KeyError(self.name)
        return self.name.upper()

    def __exit__(self, t, v, tb):
        print("exit", self.name, t and t.__name__, v, tb is not None)
        if self.fail_exit:
            raise IndexError("exit " + self.name)
        return self.swallow


with M("a") as a, M("b") as (b):
    print(a, b)

with (M("c"), M("d", swallow=True) as d,):
    raise ValueError("swallowed")
print("after", d)

for args in (dict(fail_enter=True), dict(fail_exit=True), {}):
    try:
        with M("outer", **args):
            with M("inner"):
                raise ZeroDivisionError("boom")
    except Exception as e:
        print(type(e).__name__, e, repr(e.__context__))


def early(n):
    for i in range(5):
        with M(f"loop{i}"):
            if i == n:
                return i
            if i == 0:
                continue
            if i == 3:
                break
    return "fell out"


print(early(1))
print(early(9))


class T:
    def __init__(self):
        self.items = [0, 0]


t = T()
with M("x") as t.attr, M("y") as t.items[1], M("z") as [p, ]:
    print(t.attr, t.items, p)
for bad in (5, type("NoExit", (), {"__enter__": lambda s: s})()):
    try:
        with bad:
            print("not reached")
    except TypeError as e:
        print(e)


def gen():
    with M("g"):
        yield 1
        yield 2


g = gen()
print(next(g))
g.close()
