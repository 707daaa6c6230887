"""Hot loops interrupted by other threads, signals raised by hand, recursion limits and finalisers."""
import gc
import signal
import sys
import threading
import weakref


def spin(flag, limit):
    n = 0
    while not flag and n < limit:
        n += 1
    return bool(flag)


flag = []
t = threading.Timer(0.02, flag.append, [1])
t.start()
print(spin(flag, 10 ** 9))
t.join()


class Alarm(Exception):
    pass


def handler(signum, frame):
    raise Alarm(signum == signal.SIGALRM)


signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    x = 0
    while True:
        x += 1
except Alarm as e:
    print("alarm", e, x > 10)
finally:
    signal.setitimer(signal.ITIMER_REAL, 0)


def in_function():
    i = 0
    f = 0.5
    while True:
        i += 1
        f = f * 1.0000001
        if i > 10 ** 10:
            return "never"


signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    in_function()
except Alarm as e:
    print("alarm in function", e)


def deep(n):
    return deep(n + 1) + 1


for _ in range(3):
    try:
        deep(0)
    except RecursionError as e:
        print(str(e)[:32])


def mutual_a(n):
    return mutual_b(n + 1)


def mutual_b(n):
    return mutual_a(n + 1)


try:
    mutual_a(0)
except RecursionError:
    print("mutual")
died = []


class F:
    def __init__(self, i):
        self.i = i

    def __del__(self):
        died.append(self.i)


def finals(n):
    s = 0
    for i in range(n):
        f = F(i)
        s += f.i
        f = None
    return s


print(finals(2000))
gc.collect()
gc.collect()
print(len(died), sorted(died) == list(range(2000)))


def weak(n):
    refs = []
    for i in range(n):
        o = F(i)
        refs.append(weakref.ref(o))
    o = None
    gc.collect()
    gc.collect()
    return sum(r() is not None for r in refs)


print(weak(500))
results = []


def worker(k):
    s = 0
    for i in range(20000):
        s += i * k
    results.append((k, s))


ts = [threading.Thread(target=worker, args=(k,)) for k in range(4)]
for t in ts:
    t.start()
for t in ts:
    t.join()
print(sorted(results))
old = sys.getswitchinterval()
sys.setswitchinterval(0.0005)
results.clear()
lock = threading.Lock()
count = 0


def locked():
    global count
    for _ in range(2000):
        with lock:
            count += 1


ts = [threading.Thread(target=locked) for _ in range(3)]
[t.start() for t in ts]
[t.join() for t in ts]
sys.setswitchinterval(old)
print(count)
