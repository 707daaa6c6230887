# Type comments, signatures (`func_type`) and feature versions in syntax trees.
import ast
def t(src, **k):
    k.setdefault('type_comments',True)
    try: print(repr(src), ast.dump(ast.parse(src, **k)))
    except SyntaxError as e: print(repr(src), k, type(e).__name__, e.args)
for s in ["pass  # type: int\n","def f(): # type: () -> int\n    # type: () -> str\n    return ''\n","def f(a, *, # type: int\n b): pass\n","with (a as b): # type: int\n pass\n","with (a, b): # type: int\n pass\n","with (a): # type: int\n pass\n",
 "x = [ # type: int\n1]\n", "def f(): pass # type: () -> int\n", "x = (1) # type: int\n", "x = 1 # type:int\n","x = 1 #type: int  # foo \n", "x = 1; # type: int\n", "x: int = 1 # type: int\n", "for x in y: a = 1 # type: int\n",
 "def f(\n # type: () -> int\n): pass", "def f(a=(1), # type: A\n b=lambda x, y: 0 # type: B\n): pass\n", "def f(): # type: ignore\n  # type: () -> int\n  pass\n", "def f():\n  # hi\n\n  # type: () -> int\n  # ho\n  'doc'\n", "# type: ignore\nx\n","x = 1 # type: ignoré\n", "x = 1 # type: ignore_\n", "x = ( # type: ignore[a]\n 1) # type: int\n", "(lambda a, # type: A\n b: 0)\n",
 "async def f(a: int # type: x\n ) -> int: # type: y\n async for a in b: # type: c\n  pass\n async with a as b, c as d: # type: e\n  pass\n", "class A: # type: int\n pass\n", "# type: int\n", "def f(a, *args, # type: int\n b=1, # type: x\n **kw # type: kk\n): pass\n", "def f(a, b, # type: b\n /, c): pass\n", "def f(a # type: A\n /): pass\n","def f():\n    pass\n    # type: int\n", "x = y = z # type: List[int]\n", "def f(a,\n # type: A\n b): pass"]: t(s)
for s in ["() -> int","(int) -> List[str]","(int, *str, **Any) -> float","(*int) -> None","(**int) -> None","(*int, **str) -> None","(int, *str, *Any) -> float","(int, **str, Any) -> float","(**int, **str) -> float","(int,) -> x","(x := 1) -> y","(int) -> a, b","(int)","int -> int","(a) -> yield","((a, b)) -> c","(a\n, b) -> c\n\n","","(a for b in c) -> d","(a, b) -> (c, d)","(lambda: 0) -> lambda: 1", "(*a, b) -> c", "(a) -> b # x", "(a -> b", "(a if b else c, d.e[f]) -> 'x' 'y'", " (a) -> b", "(a) b", "(a) -> b c", "(a) ->", "(a b) -> c", "(yield) -> c", "(*a, **b,) -> c"]: t(s,mode='func_type',type_comments=False)
for s,v in [("async def f(): pass",4),("async def f():\n [x async for x in y]",5),("a @ b",4),("a @= b",4),("f'{a}'",5),("f'{a=}'",7),("1_0",5),("x: int",5),("def f(a, /): pass",7),("lambda a, /: 0",7),("(x := 1)",7),("with (a as b): pass",8),("with (a, b): pass",8),("async def f():\n await x",4),("async def f():\n async with x: pass",4),("def f(a,\n b=1, /, c=2): pass",7), ("if (x := 1): pass\n",7), ("x = f(a,\n b := 3)\n",7), ("x[a:=1]",8), ("[a:=1, 2]",7), ("'a' f'b'",5), ("1_000 + 2", 5), ("a = 1_0.5j\nb", 5), ("x: int = 5\n",5), ("a.b: int",5)]: t(s,feature_version=(3,v),type_comments=False)

for code in ["() -> int", "(a, b) -> c", "(*a, **b) -> Callable[c]"]:
    print(ast.unparse(ast.parse(code, mode="func_type")))
print(ast.unparse(ast.parse("def f(a):\n  # type: (int) -> str\n  x = [] # type: List[int]\n  for i in x: # type: int\n    with a: # type: b\n      pass # type: ignore[c]\n", type_comments=True)))
for mode, flags in [("func_type", 0), ("x", 0), ("x", ast.PyCF_ONLY_AST), ("func_type", ast.PyCF_ONLY_AST)]:
    try:
        print(ast.dump(compile("() -> x", "f", mode, flags)))
    except Exception as e:
        print(type(e).__name__, e)
