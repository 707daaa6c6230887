# `_tokenize.TokenizerIter`: what it yields, where it ends, how it fails.
import io
import tokenize
import warnings
from _tokenize import TokenizerIter

warnings.simplefilter("always")

SOURCES = [
    "x = 1\n", "x = 1", "def f():\n  pass\n", "a=(1,\n2)\n", "# c\n", "", "\n\n", "'abc", "'''abc", "x = é\n", "a ? b\n",
    "  a\n b\n", "if 1:\n\tx\n        y\n", "(\n", "x = $", "1_", "0777", "f'a{b}'", "async def f(): await x\n", "\\\nx",
    "a\\", "a\\ b\n", "x;y # type: int\n", "é = 'é'; b\n", "\f x\n", "a\r\nb\r", "(]", ")", "0x", "1e", "1abc",
    "''' a\nb '''c", "if a:\n  if b:\n    c\n\n\n# end\n", "if a:\n  if b:\n    (\n", "x = 1if y else 2\n", "x  \n  # c\ny\n",
    "a \\\n  + b # c\n", "if a:\n  b\n # c\nc\n", "a <> b != c -> d := e ... . .. //= **= @= ~ ^ ` !\n", "a\x01", "a\u20ac",
    "[a for b in c # x\n]\n", "'a' \"b\" rb'c' 0x1F 1_000 .5 1e-3 2j\n", "(" * 201, "a = '''x\n\ny''' + '''z\n'''\n", "x = 'a\\\nb'\n",
    "class C:\n\tdef f(self):\n\t\treturn 1\n\n\tx = 2\nC\n", "x # é\n", "lambda: (yield)\n", "é\n  x\n", "0_7", "09.5", "08", "1__0", "0b12",
]
for source in SOURCES:
    print("---", repr(source))
    with warnings.catch_warnings(record=True) as seen:
        try:
            for t in TokenizerIter(source):
                print(t)
        except Exception as e:
            print(type(e).__name__, e.args)
        for w in seen:
            print(w.category.__name__, w.message, w.filename, w.lineno)

for args, kw in [((), {}), ((1,), {}), ((None,), {}), ((b"x",), {}), (("x", "y"), {}), (("a\ud800",), {}), (("a\0",), {}),
                 ((), {"source": "x"}), ((), {"s": "x"})]:
    try:
        print(list(TokenizerIter(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)
it = TokenizerIter("x")
print(iter(it) is it, next(it), list(it), list(it))
print(TokenizerIter.__name__, TokenizerIter.__module__, TokenizerIter.__doc__)
try:
    class Sub(TokenizerIter):
        pass
except TypeError as e:
    print(e)

# The numbers are those of `token`, as the tokenizer in Python gives them.
with open(tokenize.__file__) as f:
    text = f.read()
python = [(t.exact_type, t.string) for t in tokenize.generate_tokens(io.StringIO(text).readline)
          if t.type not in (tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER)]
ours = [(t[1], t[0]) for t in TokenizerIter(text)]
structural = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
strip = lambda l: [(n, "" if n in structural else s) for n, s in l]
print(len(ours), strip(ours) == strip(python))
