"""What `rivet typed` does in Python: finds modules, writes stubs, runs tests."""
import ast
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import keyword
import os
import runpy
import sys
import types

SUFFIXES = tuple(importlib.machinery.EXTENSION_SUFFIXES)
# By name and file: two files of one name can be asked for.
MODULES = {}


# ---- modules ----


def find(word):
    """What a word of the command line means: rows of (shown, name, file, module, note, whether the note is an error)."""
    if os.path.isdir(word):
        package = os.path.abspath(word)
        top, name = home(os.path.dirname(package), os.path.basename(package))
        sys.path.insert(0, top)
        return of_package(name, [package])
    if os.sep in word or word.endswith(SUFFIXES) or os.path.isfile(word):
        return [of_file(word)]
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        spec = importlib.util.find_spec(word)
    except Exception as e:
        return [(word, word, None, None, said(e), True)]
    if spec is None:
        return [(word, word, None, None, "ModuleNotFoundError: No module named %r" % word, True)]
    if spec.submodule_search_locations is not None:
        own = [] if spec.origin is None or not spec.origin.endswith(SUFFIXES) else [of_name(word, spec)]
        return own + of_package(word, list(spec.submodule_search_locations))
    return [of_name(word, spec)]


def home(folder, name):
    """The folder to import from, and the dotted name there."""
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = package + "." + name
    return folder, name


def loaded(shown, name, file, module):
    MODULES[name, file] = module
    return shown, name, file, module, None, False


def of_file(path):
    full = os.path.abspath(path)
    name = os.path.basename(full).partition(".")[0]
    if full.endswith((".py", ".pyc")):
        return path, name, full, None, "Python code: C defines nothing in it", False
    top, dotted = home(os.path.dirname(full), name)
    if (dotted, full) in MODULES:
        return loaded(path, dotted, full, MODULES[dotted, full])
    try:
        if dotted != name:
            sys.path.insert(0, top)
            module = importlib.import_module(dotted)
        else:
            loader = importlib.machinery.ExtensionFileLoader(name, full)
            module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, full, loader=loader))
            loader.exec_module(module)
    except BaseException as e:
        return path, dotted, full, None, said(e), True
    return loaded(path, dotted, full, module)


def of_name(name, spec):
    if spec.origin is None or not spec.origin.endswith(SUFFIXES):
        what = "Python code" if spec.origin and os.path.isfile(spec.origin) else "part of the runtime"
        return name, name, spec.origin, None, what + ": C defines nothing in it", False
    try:
        module = importlib.import_module(name)
    except BaseException as e:
        return name, name, spec.origin, None, said(e), True
    return loaded(name, name, spec.origin, module)


def of_package(name, folders):
    """The extension modules below a package. Nothing else of it is imported but the packages they are in."""
    rows = []
    for folder in folders:
        for sub in extensions(folder):
            dotted = ".".join((name, *sub[:-1], sub[-1].partition(".")[0]))
            if not any(row[1] == dotted for row in rows):
                rows.append(of_name_in_package(dotted, os.path.join(folder, *sub)))
    if not rows:
        rows.append((name, name, folders[0] if folders else None, None, "a package without extension modules", False))
    return rows


def of_name_in_package(name, file):
    # Packages that leave out a module for tests or another platform are no reason to stop.
    try:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ModuleNotFoundError("No module named %r" % name)
    except BaseException as e:
        return name, name, file, None, said(e), True
    return of_name(name, spec)


def extensions(folder, inner=()):
    """Paths of the extension modules, as tuples."""
    try:
        names = sorted(os.listdir(os.path.join(folder, *inner)))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, *inner, name)
        if os.path.isdir(path):
            if name.isidentifier() and name != "__pycache__":
                yield from extensions(folder, (*inner, name))
        elif name.endswith(SUFFIXES) and name.partition(".")[0].isidentifier():
            # A file of another version of Python has a tag that is not among the suffixes.
            suffix = name[name.index("."):]
            if suffix in SUFFIXES:
                yield (*inner, name)


def said(e):
    if isinstance(e, KeyboardInterrupt):
        raise e
    text = str(e)
    return type(e).__name__ + (": " + text if text else "")


# ---- stubs ----

TYPES = {"f32": "float", "f64": "float", "bool": "bool", "void": "None", "utf8": "str", "bytes": "bytes"}
TYPES.update((sign + bits, "int") for sign in "iu" for bits in ("8", "16", "32", "64"))
GENERIC = {dict: "[{0}, {0}]", tuple: "[{0}, ...]", list: "[{0}]", set: "[{0}]", frozenset: "[{0}]"}

# Special methods that are slots in C: parameters and result.
SPECIAL = {
    "__len__": ("", "int"), "__bool__": ("", "bool"), "__hash__": ("", "int"), "__int__": ("", "int"),
    "__float__": ("", "float"), "__index__": ("", "int"), "__contains__": ("item: Any, /", "bool"),
    "__getitem__": ("key: Any, /", "Any"), "__setitem__": ("key: Any, value: Any, /", "None"),
    "__delitem__": ("key: Any, /", "None"), "__call__": ("*args: Any, **kwargs: Any", "Any"),
    "__get__": ("instance: Any, owner: Any = None, /", "Any"), "__set__": ("instance: Any, value: Any, /", "None"),
    "__delete__": ("instance: Any, /", "None"), "__getattr__": ("name: str, /", "Any"),
    "__setattr__": ("name: str, value: Any, /", "None"), "__delattr__": ("name: str, /", "None"), "__del__": ("", "None"),
    "__pow__": ("other: Any, mod: Any = None, /", "Any"), "__rpow__": ("other: Any, mod: Any = None, /", "Any"),
    "__eq__": ("other: object, /", "Any"), "__ne__": ("other: object, /", "Any"),
}
SPECIAL.update(("__%s__" % n, ("", "Any")) for n in ("neg", "pos", "abs", "invert", "iter", "next", "await", "aiter", "anext"))
SPECIAL.update(("__%s__" % n, ("other: Any, /", "Any")) for n in ("lt", "le", "gt", "ge"))
for _n in ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "lshift", "rshift", "and", "xor", "or"):
    SPECIAL.update(("__%s%s__" % (_p, _n), ("other: Any, /", "Any")) for _p in ("", "r", "i"))


def write_stubs(document, folder):
    for row in json.loads(document)["modules"]:
        module = MODULES.get((row["module"], row["file"]))
        if module is None:
            sys.stdout.write("%s: %s\n" % (row["module"], row["note"]))
            continue
        text = Stub(row, module).text()
        ast.parse(text)
        if folder == "-":
            sys.stdout.write(text)
            continue
        path = os.path.join(folder, *row["module"].split(".")) + ".pyi"
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        sys.stdout.write("wrote %s\n" % path)


class Parameter:
    """One parameter of a stub's function."""

    def __init__(self, name, kind="positional", type="Any", default=None):
        self.name, self.kind, self.type, self.default = name, kind, type, default


class Stub:
    """The stub of one module."""

    def __init__(self, row, module):
        self.row, self.module = row, module
        self.names = {n: v for n, v in vars(module).items() if usable(n)}
        self.callables = {}
        for c in row["callables"]:
            self.callables.setdefault(c["class"], []).append(c)
        self.classes = {n: v for n, v in self.names.items() if isinstance(v, type) and self.is_own(v)}
        # What annotations say must not be hidden by what is defined.
        self.taken = set(self.names)
        for t in self.classes.values():
            self.taken.update(vars(t))
        self.used = set()

    def is_own(self, t):
        # A module may have been made for another package than the one it says.
        last = t.__module__.rpartition(".")[2] if isinstance(t.__module__, str) else ""
        if t.__name__ in self.callables or last == self.row["module"].rpartition(".")[2]:
            return True
        return t.__module__ == "builtins" and not hasattr(importlib.import_module("builtins"), t.__name__)

    def ref(self, name):
        """How a builtin or a name of `typing` is written in this stub."""
        if name not in ("Any", "overload", "final", "Self"):
            if name in self.taken and name != "None":
                self.used.add("builtins")
                return "_builtins." + name
            return name
        self.used.add(name)
        return "_" + name if name in self.taken else name

    def text(self):
        functions = {c["name"]: c for c in self.callables.get(None, ())}
        body = []
        for name, v in self.names.items():
            if name in functions:
                body += self.function(functions[name], v, "")
            elif name in self.classes:
                alias = v.__name__ != name and self.classes.get(v.__name__) is v
                body += ["%s = %s" % (name, v.__name__)] if alias else self.classdef(name, v)
            elif not isinstance(v, types.ModuleType):
                body.append("%s: %s" % (name, self.type_of(v)))
        exported = vars(self.module).get("__all__")
        if isinstance(exported, (list, tuple)) and all(type(n) is str and n in self.names for n in exported):
            body.append("__all__ = [%s]" % ", ".join(map(repr, exported)))
        return "\n".join(self.head() + body) + "\n"

    def head(self):
        file = os.path.basename(self.row["file"])
        lines = ["# Made by `rivet typed --stub` from %s." % file]
        if "builtins" in self.used:
            lines.append("import builtins as _builtins")
        names = sorted(n for n in self.used if n != "builtins")
        if names:
            said = (n + " as _" + n if n in self.taken else n for n in names)
            lines.append("from typing import " + ", ".join(said))
        return lines + [""]

    def type_of(self, v):
        t = type(v)
        if v is None:
            return "None"
        if t in (int, float, str, bytes, bool, complex):
            return self.ref(t.__name__)
        if t in GENERIC:
            return self.ref(t.__name__) + GENERIC[t].format(self.ref("Any"))
        if self.classes.get(t.__name__) is t:
            return t.__name__
        return self.ref("Any")

    # Functions.

    def function(self, c, v, indent, permissive=False):
        """The lines of a function or method."""
        name = c["name"].rpartition(".")[2]
        if permissive:
            variants = [([Parameter("args", "rest"), Parameter("kwargs", "keywords")], "Any")]
        else:
            shown = parse(c["text_signature"]) if c["text_signature"] else signature_of(v)
            variants = self.distinct([self.variant(c, s, shown) for s in c["signatures"]]) or [self.variant(c, None, shown)]
        lines = []
        for parameters, result in variants:
            if len(variants) > 1:
                lines.append(indent + "@" + self.ref("overload"))
            lines += self.define(name, c["kind"], parameters, result, indent)
        return lines

    def define(self, name, kind, parameters, result, indent):
        first = {"method": ["self"], "classmethod": ["cls"]}.get(kind, [])
        lines = [indent + "@" + self.ref(kind)] if kind in ("classmethod", "staticmethod") else []
        texts = first + self.listed(parameters, bool(first))
        lines.append("%sdef %s(%s) -> %s: ..." % (indent, name, ", ".join(texts), self.annotation(result)))
        return lines

    def annotation(self, type):
        return " | ".join(self.ref(part) if part != "None" else part for part in type.split(" | "))

    def listed(self, parameters, bound):
        """The parameters as text, with the marks between their kinds."""
        out, before = [], "bound" if bound else None
        for p in parameters:
            if before == "only" and p.kind != "only":
                out.append("/")
            if p.kind == "keyword" and before not in ("keyword", "rest"):
                out.append("*")
            star = {"rest": "*", "keywords": "**"}.get(p.kind, "")
            text = "%s%s: %s" % (star, p.name, self.annotation(p.type))
            out.append(text if p.default is None else text + " = " + p.default)
            before = p.kind
        return out + ["/"] if before == "only" else out

    def variant(self, c, s, shown):
        """Parameters and result by a native signature, or without one, and what the text signature says."""
        keywords = "KEYWORDS" in c["convention"] or not c["convention"].startswith("METH_")
        typed = [] if s is None else [p for p in s["parameters"] if not p["type"].startswith("self")]
        result = "Any" if s is None else "None" if s["error"] == "nonzero" else TYPES.get(s["result"], "Any")
        places = [p for p in shown or () if p.kind in ("only", "positional")]
        if shown is None or len(places) < len(typed):
            if s is None:
                return self.unknown(c, keywords), "Any"
            parameters = []
            for i, p in enumerate(typed):
                name = p["name"] if p["name"] and usable(p["name"]) else "arg%d" % i if len(typed) > 1 else "arg"
                parameters.append(Parameter(name, "positional" if p["name"] and keywords else "only"))
            places = parameters
        else:
            parameters = [Parameter(p.name, p.kind, p.type, p.default) for p in shown]
            places = [p for p in parameters if p.kind in ("only", "positional")]
        for p, t in zip(places, typed):
            p.type = TYPES.get(t["type"], "Any")
            if p.default is None and t["default"] is not None:
                p.default = t["default"] if t["default"].lstrip("-")[:1].isdigit() or t["type"] == "bool" else "..."
        if not keywords:
            for p in places:
                p.kind = "only"
        settle(parameters)
        return parameters, result

    def unknown(self, c, keywords):
        if c["convention"] == "METH_NOARGS":
            return []
        if c["convention"] == "METH_O":
            return [Parameter("arg", "only")]
        return [Parameter("args", "rest")] + ([Parameter("kwargs", "keywords")] if keywords else [])

    def distinct(self, variants):
        """Without signatures that a type checker would never choose."""
        out = []
        for parameters, result in variants:
            if any(covers(earlier, parameters) for earlier, _ in out):
                continue
            # What an earlier signature answers, this one would answer too: as widely as both.
            if any(covers(parameters, earlier) and not wider(result, said) for earlier, said in out):
                result = "Any"
            out.append((parameters, result))
        return out

    # Classes.

    def classdef(self, name, t):
        bases, foreign = [], []
        for b in t.__bases__:
            if b is object:
                continue
            if self.classes.get(b.__name__) is b:
                bases.append(b.__name__)
            elif b.__module__ == "builtins":
                bases.append(self.ref(b.__name__) + GENERIC.get(b, "").format(self.ref("Any")))
            else:
                foreign.append("%s.%s" % (b.__module__, b.__qualname__))
        lines = ["# a subclass of %s too" % ", ".join(foreign)] if foreign else []
        if not t.__flags__ & 1 << 10:
            lines.append("@" + self.ref("final"))
        lines.append("class %s%s:" % (name, "(%s)" % ", ".join(bases) if bases else ""))
        body = self.constructor(t)
        methods = {c["name"].rpartition(".")[2]: c for c in self.callables.get(t.__name__, ())}
        for n, v in vars(t).items():
            if usable(n) or n in methods or n in SPECIAL:
                body += self.member(t, n, v, methods.get(n))
        return lines + (body or ["    ..."])

    def constructor(self, t):
        own = vars(t)
        name = next((n for n in ("__init__", "__new__") if n in own), None)
        if name is None:
            return []
        text = t.__text_signature__ if isinstance(t.__text_signature__, str) else None
        parameters = parse(text) if text else None
        if parameters is None:
            parameters = [Parameter("args", "rest"), Parameter("kwargs", "keywords")]
        first, result = ("self", "None") if name == "__init__" else ("cls", "Self")
        texts = [first] + self.listed(parameters, True)
        return ["    def %s(%s) -> %s: ..." % (name, ", ".join(texts), self.annotation(result))]

    def member(self, t, name, v, c):
        inherited = any(name in vars(b) for b in t.__mro__[1:])
        if c is not None:
            return self.function(c, v, "    ", permissive=inherited)
        if isinstance(v, types.WrapperDescriptorType):
            if name not in SPECIAL:
                return []
            parameters, result = SPECIAL[name]
            if inherited and not hasattr(object, name):
                parameters, result = "*args: Any, **kwargs: Any", "Any"
            for word in ("Any", "str", "object"):
                if ": " + word in parameters:
                    parameters = parameters.replace(": " + word, ": " + self.ref(word))
            texts = ["self"] + ([parameters] if parameters else [])
            return ["    def %s(%s) -> %s: ..." % (name, ", ".join(texts), self.annotation(result))]
        if name.startswith("__") or isinstance(v, type):
            return []
        if isinstance(v, (types.GetSetDescriptorType, types.MemberDescriptorType)):
            return ["    %s: %s" % (name, self.ref("Any"))]
        return ["    %s: %s" % (name, self.type_of(v))]


def usable(name):
    """Whether a stub can define the name."""
    if not name.isidentifier() or keyword.iskeyword(name):
        return False
    return not name.startswith("__") or name == "__version__"


def parse(text):
    """The parameters of a `__text_signature__` without the receiver; None if it is none."""
    try:
        a = ast.parse("def f%s: ..." % text.replace("$", "")).body[0].args
    except (SyntaxError, ValueError, AttributeError, IndexError):
        return None
    positional = [(p, "only") for p in a.posonlyargs] + [(p, "positional") for p in a.args]
    defaults = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
    out = [Parameter(p.arg, kind, default=written(d)) for (p, kind), d in zip(positional, defaults)]
    if text.startswith("($") or out and out[0].name in ("self", "cls"):
        del out[0]
    if a.vararg:
        out.append(Parameter(a.vararg.arg, "rest"))
    out += [Parameter(p.arg, "keyword", default=written(d)) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg:
        out.append(Parameter(a.kwarg.arg, "keywords"))
    return out


def written(default):
    """A default as stubs have it."""
    if default is None:
        return None
    try:
        value = ast.literal_eval(default)
    except (ValueError, TypeError, SyntaxError):
        return "..."
    simple = value is None or type(value) in (int, float, bool, str, bytes)
    return ast.unparse(default) if simple else "..."


def signature_of(v):
    """The parameters of a callable that is no function of a PyMethodDef."""
    if isinstance(v, (types.BuiltinFunctionType, types.MethodDescriptorType, types.ClassMethodDescriptorType)):
        return None
    try:
        return parse(str(inspect.signature(v).replace(return_annotation=inspect.Signature.empty)))
    except (ValueError, TypeError, AttributeError):
        return None


def settle(parameters):
    """Types follow from defaults that are None; what comes behind a default has one."""
    seen = False
    for p in parameters:
        if p.kind in ("only", "positional"):
            seen = seen or p.default is not None
            if seen and p.default is None:
                p.default = "..."
        if p.default == "None" and p.type not in ("Any", "None"):
            p.type += " | None"
        elif p.default is not None and p.type in ("int", "str", "bytes", "float", "bool"):
            allowed = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,), "bytes": (bytes,)}[p.type]
            if p.default != "..." and type(ast.literal_eval(p.default)) not in allowed:
                p.default = "..."


def wider(a, b):
    """Whether everything of the type `b` is of the type `a`."""
    order = ("bool", "int", "float")
    return a == b or a == "Any" or a in order and b in order and order.index(a) > order.index(b)


def covers(a, b):
    """Whether calls that fit the parameters `b` fit `a`."""
    return len(a) == len(b) and all(wider(p.type, q.type) for p, q in zip(a, b))


# ---- tests ----


def keep():
    """Tests that import a module by the name of its file get the one that has been looked at."""
    for (name, _), module in MODULES.items():
        sys.modules.setdefault(name, module)


def run_tests(words):
    """Runs the tests one after the other; those that failed."""
    import unittest
    failed = []
    for word in words:
        saved = sys.argv, list(sys.path), sys.modules["__main__"]
        try:
            passed = run_test(word, unittest)
        except SystemExit as e:
            passed = e.code in (None, 0, False)
            if isinstance(e.code, str):
                sys.stderr.write(e.code + "\n")
        except KeyboardInterrupt:
            raise
        except BaseException as e:
            sys.excepthook(type(e), e, without_us(e.__traceback__))
            passed = False
        finally:
            sys.argv, sys.path[:], sys.modules["__main__"] = saved
        if not passed:
            failed.append(word)
    sys.stdout.flush()
    sys.stderr.flush()
    return failed


def without_us(tb):
    while tb is not None and tb.tb_frame.f_globals is globals():
        tb = tb.tb_next
    return tb


def run_test(word, unittest):
    """Whether it passed; what it raises is a failure."""
    loader = unittest.TestLoader()
    if os.path.isdir(word):
        sys.path.insert(0, os.getcwd())
        return run_suite(loader.discover(word), unittest)
    if os.path.isfile(word):
        with open(word, "rb") as f:
            code = compile(f.read(), word, "exec", dont_inherit=True)
        sys.path.insert(0, os.path.dirname(os.path.abspath(word)))
        return run_main(code, word, None, unittest)
    if os.sep in word or word.endswith(".py"):
        raise FileNotFoundError("no such test: " + word)
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(word)
    except ModuleNotFoundError:
        spec = None
    if spec is not None and spec.submodule_search_locations is not None:
        main = importlib.util.find_spec(word + ".__main__")
        if main is None:
            return run_suite(loader.discover(spec.submodule_search_locations[0]), unittest)
        spec = main
    if spec is None or not hasattr(spec.loader, "get_code"):
        return run_suite(loader.loadTestsFromName(word), unittest)
    return run_main(spec.loader.get_code(spec.name), spec.origin, spec, unittest)


def run_main(code, file, spec, unittest):
    """Runs code as `__main__`; its unittest classes too, unless it does so itself."""
    main = types.ModuleType("__main__")
    main.__file__, main.__spec__ = file, spec
    main.__loader__ = spec and spec.loader
    main.__package__ = spec and spec.parent
    sys.modules["__main__"] = main
    sys.argv = [file]
    ran = []
    run = unittest.TestCase.run

    def counted(self, result=None):
        ran.append(1)
        return run(self, result)

    unittest.TestCase.run = counted
    try:
        exec(code, vars(main))
        suite = unittest.TestLoader().loadTestsFromModule(main)
        if ran or not suite.countTestCases():
            return True
        return run_suite(suite, unittest)
    finally:
        unittest.TestCase.run = run


def run_suite(suite, unittest):
    if not suite.countTestCases():
        raise ValueError("there are no tests in it")
    return unittest.TextTestRunner().run(suite).wasSuccessful()
