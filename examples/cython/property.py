"""Calls what Cython modules export with random arguments, the same in every runtime: property.py MODULE... [--count N] [--only F]

As `../toolkit/property.py`, whose machinery this is; the functions and the kinds of their arguments come from the module's
own `__pyx_capi__`: every `cpdef` function in it, fused ones and each of their specialisations. `--small` keeps ints small, for
functions that take as long as their arguments are great.
"""
import importlib.util
import os
import re
import sys

TOOLKIT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "toolkit", "property.py")

# By its place: this file has the same name.
spec = importlib.util.spec_from_file_location("toolkit_property", TOOLKIT)
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)

KINDS = {"double": "f", "float": "f", "PyObject *": "o"}
INTS = ("int", "long", "short", "char", "size_t", "_t")


def exports(module):
    """Parameter kinds by exported name."""
    for name, capsule in module.__pyx_capi__.items():
        text = repr(capsule).split('"')[1]
        params = text[text.index("(") + 1:-1].split(", ")
        if "int __pyx_skip_dispatch" not in params:
            continue
        optional = params[-1].endswith("__pyx_optional_args")
        kinds = ""
        for p in params[:params.index("int __pyx_skip_dispatch")]:
            kinds += KINDS.get(p) or ("i" if p.endswith(INTS) and " complex" not in p else "o")
        yield name, kinds + ("|i" if optional else "")


def together(shapes):
    """The kinds that the variants of a function take in each place: those they share, and numbers of any kind."""
    return "".join(k[0] if len(set(k)) == 1 else "w" for k in zip(*shapes))


def a_number(r):
    return base.MAKERS[r.pick("iffb")](r)


def functions(module):
    """Name, kinds and callable of each function."""
    shapes = dict(exports(module))
    for name, f in sorted(vars(module).items()):
        variants = getattr(f, "__signatures__", None)
        if variants is not None:
            known = []
            for key, inner in sorted(variants.items()):
                # From Cython 3.3 on the name is that of the C function.
                exported = re.sub(r"__pyx_f_(\d+\w+?_)*?\d+\w+_(?=%s$)" % re.escape(name), "", inner.__name__)
                if exported in shapes:
                    known.append(shapes[exported])
                    yield "%s[%r]" % (name, key), shapes[exported], inner
            if known:
                yield name, together(known), f
        elif name in shapes and callable(f):
            yield name, shapes[name], f


def small_int(r):
    return r.pick((2 ** 63, -2 ** 63 - 1, 2 ** 70)) if r.below(20) == 0 else r.below(40) - 8


def main(argv):
    if "--small" in argv:
        argv = [a for a in argv if a != "--small"]
        base.an_int = lambda r: r.below(40) - 8
        base.MAKERS["i"] = small_int
        base.ODD = tuple(x for x in base.ODD if not isinstance(x, int) or x < 1000)
        base.FLOATS = tuple(x for x in base.FLOATS if abs(x) < 1000 or x != x)
        base.a_float = lambda r: r.pick(base.FLOATS) if r.below(4) == 0 else float(r.below(4000) - 2000) / 64
        base.MAKERS["f"] = base.a_float
    base.MAKERS["w"] = a_number
    base.functions = functions
    base.__import__ = importlib.import_module
    base.main(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
