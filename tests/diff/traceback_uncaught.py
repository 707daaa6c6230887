"""An uncaught chained exception: exit code 1 and stderr text."""
import sys

print("before")
sys.stdout.flush()


class Custom(Exception):
    pass


def inner(x):
    return 10 // x


def outer():
    try:
        inner(0)
    except ZeroDivisionError as e:
        err = Custom("wrapped", 1)
        err.add_note("a note")
        raise err from e


outer()
