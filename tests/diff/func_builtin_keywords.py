# Keywords of builtin functions: what is wrong with them.
for k in [dict(start=1),dict(x=1),dict(start=1,x=2),dict(x=1,start=1),dict(iterable=[1]),dict(iterable=[1],start=2),dict(start=2,iterable=[1]),dict(start=2,iterable=[1],x=1)]:
    for a in [(),([1],)]:
        try: print(a,k,list(enumerate(*a,**k)))
        except Exception as e: print(a,k,e)

# Which of several mistakes in a call of a builtin function is told.
import os
for f in [
    lambda: compile(x=1), lambda: compile("x", s=1), lambda: "a".encode(s=1), lambda: sum(x=1), lambda: round(x=1), lambda: "".split(x=1),
    lambda: [].sort(x=1), lambda: int(z=1), lambda: sorted([1], x=2), lambda: open(x=1), lambda: print(x=1),
    lambda: "a".splitlines(1, 2, 3), lambda: round(1, 2, 3), lambda: pow(1, x=2), lambda: pow(1), lambda: os.stat(1, 2, 3),
    lambda: os.stat(x=2), lambda: round(number=1, ndigits=2, x=3), lambda: "a".encode("b", encoding="c"), lambda: "a".expandtabs(1, 2),
    lambda: "a".expandtabs(1, tabsize=2), lambda: sum([], 1, start=3), lambda: os.stat(path=".", dir_fd=None, follow_symlinks=1, a=2),
]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
