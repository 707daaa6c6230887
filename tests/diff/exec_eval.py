"""exec, eval, compile: namespaces, modes, code objects, closures, builtins injection."""
ns = {"a": 2}
exec("b = a * 3\ndef f(): return b + 1", ns)
print(ns["b"], ns["f"](), "__builtins__" in ns)
print(eval("a + b", ns), eval("[i for i in range(3)]"), eval(" \t1 + 1\n"))
loc = {}
exec("x = 1\ny = [x for _ in 'ab']", {"x": "glob"}, loc)
print(loc)
code = compile("1 + 2", "expr", "eval")
print(eval(code), code.co_filename, code.co_name)
code = compile("for i in range(3): print(i)", "st", "exec")
exec(code)
single = compile("5 * 5", "<s>", "single")
exec(single)
exec(compile("None", "<s>", "single"))


def local_exec():
    q = 1
    exec("q = 2; r = 3")
    d = locals()
    return q, sorted(k for k in d if k in "qr")


print(local_exec())


class Ns(dict):
    def __missing__(self, k):
        if k.startswith("__"):
            raise KeyError(k)
        return "auto_" + k


print(eval("foo + bar", {}, Ns()))
try:
    eval("undefined", {})
except NameError as e:
    print(e)
try:
    eval("len([1])", {"__builtins__": {}})
except NameError as e:
    print(e)
print(eval("lens", {"__builtins__": {"lens": 5}}))
for bad in ("eval('x = 1')", "exec('x = ')", "eval('')", "compile('a', 'b', 'nomode')", "eval(5)", "exec(5)", "eval('1', 5)", "eval('(')", "exec('  indented')"):
    try:
        exec(bad)
    except Exception as e:
        print(bad, "->", type(e).__name__, str(e).split("(")[0])


def outer():
    z = 1

    def inner():
        return z
    return inner


try:
    exec(outer().__code__)
except TypeError as e:
    print(e)
exec(outer().__code__, {}, closure=outer().__closure__)
tree = __import__("ast").parse("p = 1 + 2")
exec(compile(tree, "<ast>", "exec"), ns)
print(ns["p"])
print(eval(b"1 + 1"), eval("'\\u00e9'"), eval("# -*- c -*-\n3".encode()))
exec("global gg\ngg = 7")
print(gg)
exec("def deco(f): return f\n@deco\ndef h(*, k: int = 3) -> str: return k")
print(h(), h.__annotations__)
print(sorted(n for n in dir() if n in ("ns", "code")), "ns" in globals(), vars() is globals())
exec("class K:\n  def m(self): return __class__.__name__")
print(K().m())
g = globals()
g["injected"] = "yes"
print(injected)
print(__name__, __doc__[:4], eval("__name__", {"__name__": "other"}))
