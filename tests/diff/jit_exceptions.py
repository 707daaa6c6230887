"""Exceptions raised in hot loops: line numbers in tracebacks, locals at the time, handlers, finally."""
import sys
import traceback


def faulty(n, at):
    total = 0
    for i in range(n):
        total += i
        if i == at:
            total = total // (i - at)
        total ^= 1
    return total


for at in (5, 9999, 20000):
    try:
        print(faulty(15000, at))
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)
        f = sys.exc_info()[2].tb_next.tb_frame
        print(f.f_lineno, sorted(f.f_locals.items()))


def caught(n):
    hits = 0
    d = {1: 1}
    lst = [1, 2, 3]
    for i in range(n):
        try:
            if i % 3 == 0:
                d[i + 2]
            elif i % 3 == 1:
                lst[i]
            else:
                int("x" if i % 2 else "5")
        except KeyError:
            hits += 1
        except IndexError as e:
            hits += 10 if "range" in str(e) else 0
        except ValueError:
            hits += 100
        else:
            hits += 1000
        finally:
            hits += 10000
    return hits


print(caught(6000))


def level3(x):
    return 100 // x


def level2(x):
    y = x - 1
    return level3(y) + 1


def level1(n):
    s = 0
    for i in range(n, 0, -1):
        s += level2(i)
    return s


try:
    level1(8000)
except ZeroDivisionError as e:
    traceback.print_exc(file=sys.stdout)
    tb = e.__traceback__
    while tb:
        print(tb.tb_lineno, tb.tb_frame.f_code.co_name, {k: v for k, v in tb.tb_frame.f_locals.items() if isinstance(v, int) and len(k) == 1})
        tb = tb.tb_next


class Stop(Exception):
    pass


def raiser(i):
    if i % 1000 == 999:
        raise Stop(i)
    return i


def resume(n):
    s = 0
    stops = []
    i = 0
    while i < n:
        try:
            while True:
                s += raiser(i)
                i += 1
                if i >= n:
                    break
        except Stop as e:
            stops.append(e.args[0])
            i += 1
    return s, stops


print(resume(12000))


def attr(n):
    class T:
        pass
    t = T()
    t.x = 1
    s = 0
    for i in range(n):
        if i == n - 2:
            del t.x
        s += t.x
    return s


try:
    attr(5000)
except AttributeError as e:
    print(e, e.__traceback__.tb_next.tb_lineno)


def unbound(n):
    for i in range(n):
        if i == n - 1:
            del y
        else:
            y = i
        z = y
    return z


try:
    unbound(5000)
except UnboundLocalError as e:
    print(e, e.__traceback__.tb_next.tb_lineno)
