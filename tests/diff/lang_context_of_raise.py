"""Implicit exception context across generators, callbacks, finally blocks, with exits and cycles."""


def ctx(e):
    out = []
    while e is not None and len(out) < 8:
        out.append(repr(e))
        e = e.__cause__ or (None if e.__suppress_context__ else e.__context__)
    return " <- ".join(out)


def gen():
    try:
        yield 1
    except KeyError:
        raise ValueError("from gen")


try:
    g = gen()
    next(g)
    try:
        raise TypeError("around")
    except TypeError:
        g.throw(KeyError("in"))
except ValueError as e:
    print(ctx(e))


def gen2():
    try:
        raise OSError("inside")
    except OSError:
        yield
        raise RuntimeError("later")


g = gen2()
next(g)
try:
    try:
        1 / 0
    except ZeroDivisionError:
        next(g)
except RuntimeError as e:
    print(ctx(e))
try:
    try:
        raise KeyError(1)
    finally:
        raise ValueError(2)
except ValueError as e:
    print(ctx(e))


class Cm:
    def __enter__(self):
        return self

    def __exit__(self, t, v, tb):
        raise IndexError("exit") from v


try:
    with Cm():
        raise KeyError("body")
except IndexError as e:
    print(ctx(e), e.__cause__ is e.__context__)
try:
    try:
        try:
            raise KeyError("a")
        except KeyError:
            raise ValueError("b")
    except ValueError:
        raise TypeError("c") from None
except TypeError as e:
    print(ctx(e), ctx(e.__context__))
a, b = ValueError("a"), KeyError("b")
try:
    try:
        raise a
    except ValueError:
        try:
            raise b
        except KeyError:
            raise a
except ValueError as e:
    print(ctx(e))


def callback(f):
    try:
        return f()
    except Exception as e:
        raise LookupError("callback") from e


try:
    callback(lambda: callback(lambda: {}["deep"]))
except LookupError as e:
    print(ctx(e))
e = Exception("loop")
e.__cause__ = e
print(e.__cause__ is e, e.__suppress_context__)
try:
    raise ValueError("x") from TypeError("y")
except ValueError as x:
    x.__cause__ = None
    print(ctx(x), x.__suppress_context__)
    x.__suppress_context__ = False
    x.__context__ = KeyError("set by hand")
    print(ctx(x))
try:
    sorted([3, 1], key=lambda v: 1 / (v - 1))
except ZeroDivisionError as e:
    print(ctx(e), e.__traceback__.tb_next.tb_frame.f_code.co_name)
try:
    try:
        raise ValueError("first")
    except ValueError as first:
        try:
            [].pop()
        except IndexError:
            pass
        raise
except ValueError as e:
    print(ctx(e))
def fin():
    for i in range(2):
        try:
            raise KeyError(i)
        except KeyError:
            continue
        finally:
            pass
    try:
        raise
    except RuntimeError as e:
        return ctx(e)


print(fin())
