"""logging, textwrap, pprint, difflib, string edges, warnings, csv, configparser."""
import configparser
import csv
import difflib
import io
import logging
import pprint
import sys
import textwrap
import warnings

h = logging.StreamHandler(sys.stdout)
h.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(funcName)s:%(lineno)d:%(message)s"))
log = logging.getLogger("a.b")
log.addHandler(h)
log.setLevel(logging.DEBUG)
log.propagate = False


def where():
    log.info("args %s %d", "x", 5)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("failed")


where()
log.debug("dbg")
log.warning("%(k)s", {"k": 1})
print(log.isEnabledFor(10), log.getEffectiveLevel(), logging.getLevelName(30), logging.getLogger("a").name, log.parent.name)
print(textwrap.fill("The quick brown fox jumps over the lazy dog. " * 2, 30), textwrap.dedent("  a\n    b\n"), textwrap.indent("x\ny", "> "), textwrap.shorten("hello big world", 12))
pprint.pprint({"z": list(range(15)), "a": {"nested": ("tuple", {"deep": None}), "s": {3, 1, 2}}, "long": "word " * 20}, width=50)
print(pprint.pformat([[1, [2, [3]]]], depth=2))
print("".join(difflib.unified_diff("a\nb\nc\n".splitlines(1), "a\nx\nc\nd\n".splitlines(1), "f", "t")), difflib.get_close_matches("appel", ["ape", "apple", "peach"]), round(difflib.SequenceMatcher(None, "abcd", "bcde").ratio(), 3))
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    warnings.warn("careful", DeprecationWarning)
    warnings.warn("user")
    print([(x.category.__name__, str(x.message), x.lineno > 0) for x in w])
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        warnings.warn("boom", RuntimeWarning)
    except RuntimeWarning as e:
        print("raised", e)
warnings.showwarning = lambda m, c, f, l, file=None, line=None: print("shown", c.__name__, m)
warnings.warn("custom")
out = io.StringIO()
wr = csv.writer(out)
wr.writerow(["a", 'q"t', "c,d", 1.5, None, "nl\n"])
csv.DictWriter(out, ["x", "y"]).writerows([{"x": 1, "y": 2}])
print(repr(out.getvalue()), list(csv.reader(io.StringIO(out.getvalue()))), list(csv.DictReader(["h1,h2", "1,2"])), list(csv.reader(["a;b"], delimiter=";")))
c = configparser.ConfigParser()
c.read_string("[s]\na = 1\nb = %(a)s2\n[t]\nflag = yes\n")
print(c["s"]["b"], c.getint("s", "a"), c.getboolean("t", "flag"), c.sections(), c.get("t", "no", fallback="fb"))
