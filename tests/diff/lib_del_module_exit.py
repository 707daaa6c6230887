"""__del__ and finalisers at interpreter exit, module teardown order independent parts."""
import atexit
import gc
import weakref


class D:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        print("del", self.n)


def scope():
    d = D("local")
    d.cycle = d
    return d.n


print(scope())
gc.collect()
gc.collect()
print("after collect")
atexit.register(lambda: print("atexit one"))
atexit.register(print, "atexit two", sep="")
weakref.finalize(D, print, "finalize at exit")


def unregistered():
    print("not run")


atexit.register(unregistered)
atexit.unregister(unregistered)
d = D("explicit")
del d
gc.collect()
lst = [D(i) for i in range(3)]
lst[1] = None
gc.collect()
lst.clear()
gc.collect()
print("end of main")


class Quiet:
    def __del__(self):
        pass


keep = Quiet()
