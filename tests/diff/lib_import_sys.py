"""import forms, sys attributes, module objects, __import__, importlib, import errors, packages made on the fly."""
import importlib
import importlib.util
import os
import sys
import tempfile
import types

with tempfile.TemporaryDirectory() as d:
    def w(name, text):
        path = os.path.join(d, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    w("pk/__init__.py", "print('init pk', __name__, __package__)\nfrom . import sub\nfrom .sub import val as v\n__all__ = ['v', 'lazy']\ndef __getattr__(n):\n    if n == 'lazy': return 'made lazily'\n    raise AttributeError(n)\n")
    w("pk/sub.py", "val = 5\n_priv = 1\nfrom .. import nothing if 0 else sys\n" if 0 else "val = 5\n_priv = 1\n")
    w("pk/deep/__init__.py", "from ..sub import val\nfrom ..sub import *\n")
    w("pk/deep/leaf.py", "from ... import x\n")
    w("bad_syntax.py", "def f(:\n")
    w("raises.py", "import os\n1/0\n")
    w("circ_a.py", "import circ_b\nx = 1\n")
    w("circ_b.py", "from circ_a import x\n")
    w("noall.py", "a = 1\n_b = 2\nc = 3\n")
    w("nspkg/mod.py", "who = __name__\n")
    sys.path.insert(0, d)
    sys.dont_write_bytecode = True
    import pk
    import pk.deep as dp
    from pk import v, lazy, sub as renamed
    import nspkg.mod
    print(pk.v, v, lazy, renamed.val, dp.val, pk.deep is dp, nspkg.mod.who, sorted(n for n in vars(pk) if not n.startswith("__")), pk.__path__ == [os.path.join(d, "pk")], pk.sub.__spec__.name, pk.__spec__.submodule_search_locations is not None)
    from noall import *
    print(a, c, "_b" in globals(), sys.modules["noall"].__file__ == os.path.join(d, "noall.py"))
    from pk import *
    print(lazy)
    for stmt in ("import nope", "import pk.nope", "from pk import nope", "import bad_syntax", "import raises", "import circ_a", "import pk.deep.leaf", "from . import x", "import pk.sub.val", "from pk.sub import zzz", "from os import nope as q", "importlib.import_module('.x')", "__import__('')"):
        try:
            exec(stmt)
        except Exception as e:
            print(stmt, "->", type(e).__name__, str(e).replace(d, "D").split(" (")[0], getattr(e, "name", None))
    print("raises" in sys.modules, "circ_b" in sys.modules)
    sys.modules["pk"].v = 99
    w("noall.py", "a = 111\n")
    os.utime(os.path.join(d, "noall.py"), (1, 1))
    importlib.invalidate_caches()
    print(importlib.reload(sys.modules["noall"]).a, importlib.import_module("pk.sub").val, importlib.import_module(".sub", "pk").val, importlib.util.find_spec("pk.sub").origin == os.path.join(d, "pk", "sub.py"))
    sys.path.remove(d)
m = types.ModuleType("made", "doc")
exec("x = 1\ndef f(): return x", m.__dict__)
sys.modules["made"] = m
import made
print(made.f(), made.__doc__, repr(made), made is m)
del sys.modules["made"]
sys.modules["blocked"] = None
try:
    import blocked
except ImportError as e:
    print(type(e).__name__, e)
try:
    del m.x
    m.f()
except NameError as e:
    print(e)
try:
    m.nope
except AttributeError as e:
    print(e)
print(sys.version_info[:2], sys.version_info.major, sys.byteorder, sys.maxsize == 2 ** 63 - 1, sys.implementation.name != "", sys.argv[0].endswith("lib_import_sys.py"), sys.platform, sys.maxunicode, sys.float_info.dig, sys.int_info.bits_per_digit, sys.getdefaultencoding(), sys.exc_info(), "sys" in sys.builtin_module_names, sys.flags.optimize, sys.hexversion >> 16 == 0x030B, sys.intern("a") is sys.intern("a"), sys.stdin.fileno(), sys.getsizeof(5) > 0, sys.api_version, sys.stdout.encoding)
print(__import__("os.path").__name__, __import__("os.path", fromlist=["join"]).join("a", "b"), __name__, __spec__, "__file__" in globals())
