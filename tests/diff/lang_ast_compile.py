# Syntax trees: dumping, checking and compiling them.
import ast
def t(f):
    try: print(f())
    except BaseException as e: print(type(e).__name__, e)
m=ast.Module([ast.Expr(ast.Name('x', ast.Load()))], [])
t(lambda: compile(m,'f','exec'))
ast.fix_missing_locations(m)
x=3
t(lambda: type(compile(m,'f','exec')).__name__)
t(lambda: compile(ast.Module([ast.Expr(ast.Name('x', ast.Store()),lineno=1,col_offset=0)], []),'f','exec'))
def fx(n): return ast.fix_missing_locations(n)
t(lambda: compile(fx(ast.Module([ast.Expr(ast.Name('x', ast.Store()))], [])),'f','exec'))
t(lambda: compile(fx(ast.Module([ast.Assign([ast.Constant(1)], ast.Constant(2))], [])),'f','exec'))
t(lambda: compile(fx(ast.Module([ast.Assign([], ast.Constant(2))], [])),'f','exec'))
t(lambda: compile(fx(ast.Module([ast.Pass(), 3], [])),'f','exec'))
t(lambda: compile(ast.Module([3], []),'f','exec'))
t(lambda: compile(ast.Module((), []),'f','exec'))
t(lambda: compile(fx(ast.Module([ast.Expr(None)], [])),'f','exec'))
t(lambda: eval(compile(fx(ast.Expression(ast.Constant((1,2)))),'f','eval')))
t(lambda: compile(fx(ast.Expression(ast.Constant([1,2]))),'f','eval'))
t(lambda: eval(compile(fx(ast.Expression(ast.BinOp(ast.Constant(-1), ast.Add(), ast.Constant(2**70)))),'f','eval')))
t(lambda: compile(ast.parse('1','','eval'),'f','exec'))
t(lambda: compile(ast.parse('1'),'f','eval'))
t(lambda: compile(fx(ast.Module([ast.Return(None)],[])),'f','exec'))
t(lambda: compile(fx(ast.Module([ast.FunctionDef('f', ast.arguments([],[],None,[],[],None,[]), [], [])],[])),'f','exec'))
t(lambda: compile(fx(ast.Expression(ast.Name('True', ast.Load()))),'f','eval'))
t(lambda: compile(fx(ast.Expression(ast.BoolOp(ast.And(), [ast.Constant(1)]))),'f','eval'))
t(lambda: eval(compile(fx(ast.Expression(ast.Constant('\ud800x'))),'f','eval')) == '\ud800x')
t(lambda: ast.literal_eval("{'a': [1, -2.5, (3+4j), b'x', None, True, {1,2}]}"))
t(lambda: ast.unparse(ast.parse("def f(a, /, b: int = 1, *c, d=2, **e) -> str:\n    return [x for x in y if z] + f'{a!r:>{w}}'")))
t(lambda: ast.dump(compile('x=1', 'f', 'exec', ast.PyCF_ONLY_AST)))
t(lambda: ast.parse("x = ("))
src = "x = 1\n\ndef f():\n    return x / 0\n"
tree = ast.parse(src)
ast.increment_lineno(tree, 10)
ns={}
exec(compile(tree, '<t>', 'exec'), ns)
try: ns['f']()
except ZeroDivisionError as e:
    print(e.__traceback__.tb_next.tb_lineno, list(e.__traceback__.tb_next.tb_frame.f_code.co_positions())[0])
class T(ast.NodeTransformer):
    def visit_Constant(self, n): return ast.copy_location(ast.Constant(n.value*2), n)
print(eval(compile(T().visit(ast.parse("1+2*3", mode='eval')), '', 'eval')))
t(lambda: eval("1+\n(lambda: yield)()"))
n = ast.Name('q', ast.Load())
e = n
for i in range(300): e = ast.BinOp(n, ast.Add(), e)
q=1
print(eval(compile(fx(ast.Expression(e)), '', 'eval')))

print(ast.dump(ast.parse("""
@dec
async def f(a, /, b: int = 1, *c, d=2, **e) -> str:
    async with x as y, z: pass
    match v:
        case {'k': [1, *_], **rest} | C(1, k=-2j) if g: return
    try: pass
    except* (A, B) as e: raise X from None
    finally: del a.b[1:2, ...]
class K(B, metaclass=M): x: int; (y): str = 'a' "b"
lambda *, q=1: (yield)
f"{a!r:>{w}}b{c=}" 'tail'
if a: pass
elif b: pass
else: pass
"""), include_attributes=True))
