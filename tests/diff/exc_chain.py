"""raise from, __cause__, __context__, suppress, notes, custom exceptions, attributes."""
import traceback


class AppError(Exception):
    def __init__(self, code, *rest):
        super().__init__(code, *rest)
        self.code = code

    def __str__(self):
        return f"code {self.code}"


def low():
    raise AppError(42, "extra")


def mid():
    try:
        low()
    except AppError as e:
        raise ValueError("mid failed") from e


def top():
    try:
        mid()
    except ValueError:
        raise KeyError("top")


try:
    top()
except KeyError as e:
    traceback.print_exc(file=__import__("sys").stdout)
    c = e.__context__
    print(repr(e), repr(c), repr(c.__cause__), c.__suppress_context__, c.__cause__.code)
try:
    try:
        1 / 0
    except ZeroDivisionError:
        raise RuntimeError("quiet") from None
except RuntimeError as e:
    print(e.__cause__, repr(e.__context__), e.__suppress_context__)
    e.add_note("first note")
    e.add_note("second\nwith two lines")
    print(e.__notes__)
    print("".join(traceback.format_exception(e)))
try:
    e = Exception()
    e.add_note(5)
except TypeError as t:
    print(t)
x = Exception("a", 1)
print(x.args, str(x), repr(x), str(Exception()), repr(Exception()), str(Exception("one")))
x.args = (5,)
print(repr(x))
print(str(KeyError("k")), repr(KeyError("k", 1)), str(KeyError()))
o = OSError(2, "No such", "file.txt", None, "other")
print(str(o), type(o).__name__, o.errno, o.strerror, o.filename, o.filename2, o.args)
print(repr(OSError(13, "x")), repr(OSError("only")))
s = StopIteration(7)
print(s.value, SystemExit(3).code, UnicodeDecodeError("utf8", b"\xff", 0, 1, "bad"))
i = ImportError("m", name="n", path="p")
print(i.name, i.path, i.msg)
try:
    None.foo
except AttributeError as e:
    print(e, e.name, e.obj)
try:
    raise ValueError from KeyError("cls")
except ValueError as e:
    print(repr(e.__cause__))
try:
    raise ValueError from 5
except TypeError as e:
    print(e)
e = ValueError("tb").with_traceback(None)
print(e.__traceback__)
print(issubclass(ExceptionGroup, Exception), BaseException.__subclasses__()[0:0])
print([k.__name__ for k in ModuleNotFoundError.__mro__])
