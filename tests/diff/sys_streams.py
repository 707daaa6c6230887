"""Standard streams: print to stderr, encodings, write, flush order, excepthook, displayhook, stdout replacement."""
import io
import sys

sys.stdout.write("to stdout é €\n")
sys.stdout.flush()
sys.stderr.write("to stderr é\n")
print("err print", file=sys.stderr, flush=True)
print(sys.stdout.fileno(), sys.stderr.fileno(), sys.stdin.isatty(), sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdin.read())
sys.stdout.buffer.write(b"raw bytes\n")
sys.stdout.buffer.flush()
old, sys.stdout = sys.stdout, io.StringIO()
print("hidden")
got = sys.stdout.getvalue()
sys.stdout = old
print(repr(got), sys.__stdout__ is sys.stdout)
sys.displayhook(5)
sys.displayhook("s")
sys.displayhook(None)
import builtins
print(builtins._)


def hook(t, v, tb):
    print("hook:", t.__name__, v, tb.tb_lineno)


def unraisable(u):
    print("unraisable", type(u.exc_value).__name__)


sys.unraisablehook = unraisable


class D:
    def __del__(self):
        raise ValueError("in del")


d = D()
del d
import gc
gc.collect()
try:
    print("\ud800")
except UnicodeEncodeError as e:
    print(e.reason)
sys.stderr.write("surrogate \udc80 escaped\n")
sys.stdout.reconfigure(errors="backslashreplace")
print("\ud800")
print(end="no newline")
print()
print("a", "b", sep="\n", end="\n\n")
sys.stdout.writelines(["x", "y", "\n"])


class Writer:
    def write(self, s):
        old.write(f"[{s}]")


print("custom", 1, file=Writer())
old.write("\n")
print(None, True, 1.5, [1], sep="|")
sys.excepthook = hook
raise KeyError("final")
