"""sys.settrace and sys.setprofile switched on in the middle of hot loops."""
import sys


def work(n, on_at, off_at, install, remove):
    s = 0
    for i in range(n):
        if i == on_at:
            install()
        s += inner(i)
        if i == off_at:
            remove()
    return s


def inner(i):
    j = i + 1
    return j


events = []


def tracer(frame, event, arg):
    events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno, arg if isinstance(arg, int) else None))
    return tracer


print(work(12000, 10000, 10001, lambda: sys.settrace(tracer), lambda: sys.settrace(None)))
for e in events:
    print(e)
events.clear()


def prof(frame, event, arg):
    events.append((frame.f_code.co_name, event, getattr(arg, "__name__", arg) if event != "return" else arg))


print(work(12000, 11000, 11001, lambda: sys.setprofile(prof), lambda: sys.setprofile(None)))
for e in events:
    if e[0] in ("inner", "work"):
        print(e)
events.clear()


def local_trace():
    f = sys._getframe(1)

    def lt(frame, event, arg):
        events.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        if len(events) > 6:
            sys.settrace(None)
            f.f_trace = None
            return None
        return lt
    f.f_trace = lt
    sys.settrace(lambda *a: None)


def hot(n):
    s = 0
    for i in range(n):
        if i == 9000:
            local_trace()
        s += i
        s ^= 3
    return s


print(hot(9100))
sys.settrace(None)
print(events)


def raising(n):
    for i in range(n):
        try:
            if i > n - 3:
                sys.settrace(exc_tracer)
                boom(i)
        except ValueError:
            pass
    sys.settrace(None)


def boom(i):
    raise ValueError(i)


log = []


def exc_tracer(frame, event, arg):
    if frame.f_code.co_name == "boom":
        log.append((event, arg[0].__name__ if event == "exception" else arg))
    return exc_tracer


raising(5000)
print(log)


def frames(n):
    out = []
    for i in range(n):
        if i % 4000 == 3999:
            f = sys._getframe()
            out.append((f.f_locals["i"], f.f_lineno - f.f_code.co_firstlineno, f.f_back.f_code.co_name))
    return out


print(frames(12000))
