# Errors of expressions and interactive statements, whose text has no end of its own.
import ast
for s in ["a b","a b\n","a\nb c","a =", "1 +", "(", "f(", "a; b", "", "\n", "\n\n", "1 +\n", "a\nb", "lambda", "x if", "a.", "[1,", "a?", "'abc", "not", "f(a, b", "a\n b", " a\n", "  \n", "#x", "yield", "x = 1", "return"]:
    for m in ("eval","exec","single"):
        try: print(repr(s),m,ast.dump(ast.parse(s,mode=m)))
        except SyntaxError as e: print(repr(s),m,type(e).__name__,e.args)

for s in ["a # c\nb", "a;\nb", "if 1: pass\n", "if 1:\n  pass\n", "x = 1\n\n# c\n", "a\n'b", "match x:\n  case 1: pass\n", "pass\n)", "@d\ndef f(): pass\n", "a\n\n\nb"]:
    try:
        print(repr(s), compile(s, "f", "single").co_names)
    except SyntaxError as e:
        print(repr(s), type(e).__name__, e.args)
for s in ["1 +", "", "a b", "(", "  ", "1 1\n", "'a"]:
    try:
        eval(s)
    except SyntaxError as e:
        print(repr(s), type(e).__name__, e.args)
