"""global, nonlocal, closures over loop variables, class scopes, del of cells."""
counter = 0


def bump():
    global counter, fresh
    counter += 1
    fresh = "made here"


bump()
bump()
print(counter, fresh)


def make():
    n = 0

    def inc(by=1):
        nonlocal n
        n += by
        return n

    def peek():
        return n
    return inc, peek


inc, peek = make()
inc()
inc(10)
print(peek(), inc.__closure__[0].cell_contents, inc.__code__.co_freevars)
print([f() for f in [lambda: i for i in range(3)]])
print([f() for f in [lambda i=i: i for i in range(3)]])

x = "module"


class C:
    x = "class"
    y = [x for _ in range(1)]

    def get(self):
        return x

    z = (lambda: x)()


print(C().get(), C.y, C.z)


def outer():
    x = "outer"

    class D:
        try:
            print(x)
        except NameError as e:
            print(e)
        x = "in class"
        print(x)

        def m(self):
            return x
    return D().m()


print(outer())


def unbound():
    try:
        print(later)
    except UnboundLocalError as e:
        print(type(e).__name__, e)
    later = 1
    del later
    try:
        later
    except UnboundLocalError as e:
        print(e)


unbound()


def freed():
    v = 1

    def inner():
        return v
    del v
    try:
        inner()
    except NameError as e:
        print(type(e).__name__, e)
    v = 2
    return inner()


print(freed())


def three():
    a = 1

    def two():
        def one():
            nonlocal a
            a += 1
            return a
        return one
    return two()() + a


print(three())
try:
    undefined_name
except NameError as e:
    print(e, e.name)
del counter
try:
    counter
except NameError as e:
    print(e)
print(sorted(k for k in make.__code__.co_cellvars))


def loc(a, b=2, *c, d=4, **e):
    z = 1
    return sorted(locals().items())


print(loc(1, 5, 6, q=7))
