"""Messages, offsets and text of the common SyntaxErrors."""
CASES = [
    "x = (1,", "return 1", "yield 1", "break", "continue", "def f():\n  nonlocal q", "nonlocal x", "def f(a):\n  global a",
    "def f(a, a): pass", "f(a=1, 2)", "f(a=1, a=2)", "1 = x", "f() = 1", "a + b = c", "None = 1", "x + 1 += 2", "del f()", "'abc",
    "  x = 1", "if 1:\nx = 1", "if 1:\n    x\n  y", "print 1", "def f(a=1, b): pass", "import a.b as c.d", "from __future__ import nope",
    "x = 1\nfrom __future__ import annotations", "f'{}'", "if True\n    pass", ")", "(]", "a = [1, 2\nb = 3", "if x = 1: pass",
    "def f():\n  from x import *", "a, *b, *c = x", "True = 1", "1 + True = 1", "await x", "def f():\n  await x", "x = 08", "0xg",
    "try:\n  pass\nx = 1", "class C\n  pass", "lambda x, x: 1", "def f():\n  x = 1\n  global x", "async def f():\n  yield from x",
    "{1:2, 3:}", "for x in range(3)\n  pass", "a b", "foo(a, b c)", "[1, 2 3]", "x = {a: 1, b 2}",
]
for src in CASES:
    try:
        compile(src, "<case>", "exec")
    except SyntaxError as e:
        print(repr(src))
        print("   ", type(e).__name__, "|", e.msg, "|", e.lineno, e.offset, e.end_lineno, e.end_offset, repr(e.text), e.filename)
    else:
        print(repr(src), "ok")
e = SyntaxError("m", ("f", 1, 2, "text", 1, 4))
print(e.msg, e.filename, e.lineno, e.offset, e.text, e.end_lineno, e.end_offset, e.args, str(e))
print(SyntaxError("only").lineno, issubclass(TabError, IndentationError), str(SyntaxError()))
