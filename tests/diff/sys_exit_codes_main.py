"""SystemExit variants through nested handlers and threads, and a final non-int code to stderr."""
import sys
import threading


def try_exit(*a):
    try:
        sys.exit(*a)
    except SystemExit as e:
        return e.code, e.args, repr(e)


print(try_exit(), try_exit(0), try_exit("text"), try_exit(None), try_exit((1, 2)), try_exit(True))
t = threading.Thread(target=sys.exit, args=(9,))
t.start()
t.join()
print("thread exit ignored")
try:
    try:
        sys.exit(1)
    except Exception:
        print("not caught by Exception")
    finally:
        print("finally")
except BaseException as e:
    print(type(e).__name__)
try:
    raise SystemExit
except SystemExit as e:
    print(e.code, e.args)
try:
    exit
except NameError:
    print("no site")
else:
    try:
        exit(4)
    except SystemExit as e:
        print(e.code)
import atexit
atexit.register(print, "at exit")
with __import__("contextlib").suppress(ValueError):
    sys.exit(["list", "code"])
