"""SyntaxError class, position and (for stable ones) the message."""
CASES = [
    "x = (1,", "x = 1 +", "if True\n    pass", "def f(:\n  pass", "class C\n  pass", "for in x: pass",
    "return 1", "yield 1", "break", "continue", "def f():\n  await x", "async def f():\n  yield from x",
    "def f():\n  nonlocal q", "nonlocal x", "def f(a):\n  global a", "def f():\n  x = 1\n  global x",
    "def f(a, a): pass", "f(a=1, a=2)", "f(a=1, 2)", "f(**k, *a)", "def f(a=1, b): pass", "def f(*): pass",
    "1 = x", "f() = 1", "a + b = c", "None = 1", "(a, 1) = 2", "x + 1 += 2", "del f()", "del 1", "*a", "*a = 1", "a, *b, *c = x",
    "'abc", '"""abc', "x = 'a\nb'", "0777", "1__0", "0b2", "1.e", "1_", "0xg", "12abc",
    "  x = 1", "if 1:\nx = 1", "if 1:\n    x\n  y", "if 1:\n\tx\n        y",
    "x = $", "x = ?", "x ! y", "a b", "print 1", "exec 'x'", "import", "from x import", "from . import *\ndef f(): from x import *",
    "def f():\n  from x import *", "import a.b as c.d", "from __future__ import nope", "x = 1\nfrom __future__ import annotations",
    "try:\n  pass", "try:\n  pass\nexcept:\n  pass\nexcept ValueError:\n  pass", "try:\n  pass\nexcept* A:\n  pass\nexcept B:\n  pass",
    "lambda: (yield)", "[(yield) for x in y]", "f'{'", "f'{a b}'", "f'{}'", "f'{a!x}'", "f'}'", "b'\u00e9'", "'\\N{nope}'", "'\\x1'", "'\\u12'",
    "with x as 1: pass", "with x as f(): pass", "for 1 in x: pass", "[i for 1 in x]", "{1:2, 3}", "{1, 2:3}", "{**a, *b}",
    "assert", "raise x from", "else: pass", "elif x: pass", "x = if", "def 1(): pass", "class 1: pass", "a = 1 if 2", "not = 1", "True = 1", "__debug__ = 1",
    "match x:\n  pass", "@\ndef f(): pass", "x: int: str", "(x): int = 1\n(a, b): int", "def f():\n  return\n x", ")", "(]", "{(})", "a = [1, 2", "f(x for x in y, 1)",
    "def f(*, **k): pass", "def f(a, *, a): pass", "x = yield", "async x", "await = 1", "async def f(): [await x for y in z]\nasync for q in r: pass", "\u20ac = 1", "x = \u201chi\u201d", "\\x", "a\\ b",
]
import warnings
warnings.simplefilter("ignore")
for src in CASES:
    try:
        compile(src, "<case>", "exec")
    except SyntaxError as e:
        print(f"{src!r:45} {type(e).__name__} {e.lineno}")
    else:
        print(f"{src!r:45} ok")
