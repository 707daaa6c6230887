"""sys.exit in a finally, atexit order, and the exit code."""
import atexit
import sys

atexit.register(print, "first registered, last run")


@atexit.register
def bye():
    print("second registered")


try:
    sys.exit("message to stderr")
except SystemExit as e:
    print("caught", repr(e.code))
try:
    sys.exit(5)
finally:
    print("unwinding")
