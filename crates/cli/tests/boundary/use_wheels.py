# Calls what the wheels of markupsafe and ujson have in C, well and badly.
import sys


def outcome(f, *args, **kw):
    try:
        return repr(f(*args, **kw)).split(" at 0x")[0]
    except BaseException as e:
        return f"{type(e).__name__}: {e}"


from markupsafe import Markup, _speedups, escape, escape_silent, soft_str

assert escape is _speedups.escape


class Html:
    def __init__(self, text):
        self.text = text

    def __html__(self):
        return self.text


class Bad:
    def __html__(self):
        raise ZeroDivisionError("html")

    def __str__(self):
        raise ZeroDivisionError("str")


class Text(str):
    pass


values = ["", "plain", "<&>\"'", "é<ü>", "Ω&", "\U0001f600<", "<" * 1000, 5, 2.5, None, True, b"<b>", [1, "<"], Markup("<em>"), Html("<i>"), Text("a<b"), Bad(), Html(5)]
for v in values:
    for f in [escape, escape_silent, soft_str]:
        print(f.__name__, outcome(f, v)[:200])
for args in [(), (1, 2)]:
    for f in [escape, escape_silent, soft_str]:
        print(f.__name__, args, outcome(f, *args))
print(outcome(escape, s="x"), outcome(lambda: Markup("<b>%s</b> %(x)s") % "<"), Markup("<b>%s</b>") % "<x>", Markup("{}").format("<y>"))
print(sum(len(escape(f"<{i}&{i}>")) for i in range(5000)))

import ujson

documents = ["null", "true", " [1, 2.5, -3e10, \"x\"] ", '{"a": {"b": [1, {"c": null}]}, "é": "\\u00e9\\ud83d\\ude00"}', "", "[", "[1,", '{"a"}', "nul", "1 2", '"unclosed',
             '"\\x"', "123456789012345678901234567890", "-", "1e400", "NaN", "Infinity", "-Infinity", "[]" * 2, "[" * 2000, b'{"a": 1}', bytearray(b"[1]"), 5, None]
for d in documents:
    print(outcome(ujson.loads, d)[:200])
    print(outcome(ujson.decode, d)[:80])


class Dict:
    def toDict(self):
        return {"to": "dict"}


class Json:
    def __json__(self):
        return '{"raw": 1}'


class Wrong:
    def __json__(self):
        return 5


import decimal

cycle = []
cycle.append(cycle)
values = [None, True, 1, -(2**63), 2**64 - 1, 2**70, 2.5, 1e300, float("nan"), float("inf"), "text", "é\u2028</script>\0\x1f", "\ud800", b"bytes", b"\xff", [1, [2, (3,)]], {"a": 1, 2: "b", None: 3, 1.5: 4, True: 5},
          {1, 2}, Dict(), Json(), Wrong(), object(), decimal.Decimal("1.25"), cycle, {"k": [{"x": i, "y": str(i)} for i in range(3)]}, range(3), (i for i in range(2))]
options = [{}, {"ensure_ascii": False}, {"encode_html_chars": True}, {"escape_forward_slashes": False}, {"sort_keys": True}, {"indent": 2}, {"allow_nan": False},
           {"reject_bytes": False}, {"default": lambda o: "default"}, {"separators": (", ", ": ")}, {"separators": 5}, {"nothing": 1}]
for kw in options:
    for v in values:
        print(sorted(kw), outcome(ujson.dumps, v, **kw)[:300].split(" at 0x")[0])


class File:
    def __init__(self):
        self.parts = []

    def write(self, s):
        self.parts.append(s)


f = File()
print(outcome(ujson.dump, [1, 2], f), f.parts, outcome(ujson.dump, 1, 2), outcome(ujson.load, 3))
data = {"rows": [{"id": i, "name": f"name {i}", "values": [i / 3, i * 2, None]} for i in range(500)]}
text = ujson.dumps(data)
print(len(text), ujson.loads(text) == data, ujson.__version__, ujson.JSONDecodeError.__mro__)
