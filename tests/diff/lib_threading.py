"""threading: locks, events, conditions, queues, thread-local data, exceptions in threads."""
import queue
import sys
import threading
import time

q = queue.Queue(maxsize=3)
out = []


def producer():
    for i in range(10):
        q.put(i)
    q.put(None)


def consumer():
    while (x := q.get()) is not None:
        out.append(x * x)
        q.task_done()


ts = [threading.Thread(target=f, name=f.__name__) for f in (producer, consumer)]
[t.start() for t in ts]
[t.join() for t in ts]
print(out, [t.is_alive() for t in ts], ts[0].name, threading.current_thread().name, threading.active_count(), threading.main_thread() is threading.current_thread())
loc = threading.local()
loc.x = "main"
seen = []


def local_user():
    seen.append(hasattr(loc, "x"))
    loc.x = "t"
    seen.append(loc.x)


t = threading.Thread(target=local_user)
t.start()
t.join()
print(seen, loc.x)
ev, cond, sem, bar = threading.Event(), threading.Condition(), threading.Semaphore(2), threading.Barrier(3)
log = []


def waiter(n):
    ev.wait()
    with sem:
        i = bar.wait()
        with cond:
            log.append(n)
            cond.notify_all()


sem = threading.Semaphore(3)
ts = [threading.Thread(target=waiter, args=(n,)) for n in range(3)]
[t.start() for t in ts]
print(ev.is_set(), log)
ev.set()
with cond:
    print(cond.wait_for(lambda: len(log) == 3, timeout=10))
[t.join() for t in ts]
print(sorted(log))
lock, rlock = threading.Lock(), threading.RLock()
print(lock.acquire(), lock.locked(), lock.acquire(blocking=False), lock.acquire(timeout=0.01), lock.release(), lock.locked())
with rlock, rlock:
    print("reentrant")
for f in (lock.release, rlock.release, lambda: threading.Thread().join(), lambda: threading.Semaphore(-1), lambda: q.get(block=False), lambda: q.get(timeout=0.01), lambda: threading.current_thread().join(), lambda: ts[0].start()):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


def hook(args):
    print("hook", args.exc_type.__name__, args.exc_value, args.thread.name)


threading.excepthook = hook
t = threading.Thread(target=lambda: 1 / 0, name="failing")
t.start()
t.join()
pq, lq = queue.PriorityQueue(), queue.LifoQueue()
for v in (3, 1, 2):
    pq.put(v)
    lq.put(v)
print([pq.get() for _ in range(3)], [lq.get() for _ in range(3)], pq.empty())
r = []
tm = threading.Timer(0.01, r.append, ["timer"])
tm.start()
tm.join()
tc = threading.Timer(100, r.append, ["never"])
tc.start()
tc.cancel()
tc.join()
print(r, time.monotonic() <= time.monotonic(), time.perf_counter() > 0, time.sleep(0), time.strftime("%Y-%m-%d", time.gmtime(0)), time.gmtime(86400)[:6], time.mktime(time.localtime(1000)) == 1000)
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as ex:
    print(list(ex.map(lambda x: x * 2, range(5))), ex.submit(pow, 2, 5).result(), repr(ex.submit(lambda: 1 / 0).exception()))
