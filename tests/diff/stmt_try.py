"""try/except/else/finally in all combinations, with return, break and nested re-raise."""


def run(kind):
    log = []
    try:
        log.append("try")
        if kind == "v":
            raise ValueError(1)
        if kind == "k":
            {}["missing"]
        if kind == "t":
            raise TypeError
    except ValueError as e:
        log.append(("value", e.args))
    except (KeyError, IndexError) as e:
        log.append(("lookup", e.args))
    except:
        log.append("bare")
    else:
        log.append("else")
    finally:
        log.append("finally")
    return log


for k in "vkt-":
    print(run(k))


def ret_finally():
    try:
        return "try"
    finally:
        return "finally"


def swallow():
    for i in range(3):
        try:
            raise RuntimeError(i)
        finally:
            if i < 2:
                continue
            break
    return "swallowed"


def value_fixed():
    x = 1
    try:
        return x
    finally:
        x = 2


def nested():
    try:
        try:
            raise ValueError("inner")
        except TypeError:
            print("wrong")
        finally:
            print("inner finally")
    except ValueError as e:
        print("caught", e)
        try:
            raise
        except ValueError as again:
            print("again", again is e)
    try:
        e
    except NameError as ne:
        print(type(ne).__name__)


print(ret_finally(), swallow(), value_fixed())
nested()


def in_else():
    try:
        pass
    except Exception:
        print("no")
    else:
        raise KeyError("else")
    finally:
        print("fin")


try:
    in_else()
except KeyError as e:
    print(repr(e))
try:
    try:
        raise ValueError("a")
    except ValueError:
        raise KeyError("b")
    finally:
        print("cleanup")
except KeyError as e:
    print(repr(e), repr(e.__context__), e.__suppress_context__)


def dyn(exc_types):
    try:
        raise OSError(2, "nope")
    except exc_types as e:
        return type(e).__name__, e.errno


print(dyn(OSError), dyn((ValueError, EnvironmentError)))
try:
    dyn(5)
except TypeError as e:
    print(e)
try:
    raise
except RuntimeError as e:
    print(e)
for bad in (5, "str", None, int):
    try:
        raise bad
    except TypeError as e:
        print(e)
try:
    assert 1 == 2, "message"
except AssertionError as e:
    print(repr(e))
