"""json: dumps options, loads, errors, round trips, hooks."""
import json

data = {"a": [1, 2.5, -0.0, 1e100, True, False, None], "b": {"nested": {"deep": []}}, "c": "é\n\"\\\x00\U0001F600/", "": "", "big": 2 ** 80, 5: "int key", None: 1, True: 2, 1.5: 3}
s = json.dumps(data)
print(s, json.loads(s) == {str(k) if not isinstance(k, (bool, type(None))) else json.dumps(k): v for k, v in data.items()})
print(json.dumps(data["a"], indent=2), json.dumps({"b": 1, "a": [1, {"x": 2}], "e": {}, "f": []}, indent=1, sort_keys=True), json.dumps([1, 2], separators=(",", ":")), json.dumps("é", ensure_ascii=False), json.dumps({"a": 1}, indent="--"))
print(json.dumps((1, (2,))), json.dumps(float("inf")), json.dumps([float("nan")]), json.dumps({(1): 2}), json.dumps({(1, 2): 3, "k": 1}, skipkeys=True), json.dumps(10 ** 30), json.dumps(1e16), json.dumps(0.1 + 0.2), json.dumps(""), json.dumps("\u2028\x7f\ud800"))
print(json.loads('{"a": [1, 2, {"b": null}], "c": 1.5e3, "d": "\\u00e9\\n\\ud83d\\ude00", "e": -0}'), json.loads(" [ ] "), json.loads("NaN"), json.loads("-Infinity"), json.loads(b'"bytes"'), json.loads("1E400"), json.loads("12345678901234567890123"), json.loads('{"a":1,"a":2}'), json.loads('"\\/\\b"'))
print(json.loads("[1.5, 2]", parse_float=str, parse_int=lambda x: "i" + x), json.loads('{"x": {"y": 1}}', object_hook=lambda d: sorted(d.items())), json.loads('{"x": 1, "x": 2}', object_pairs_hook=list), json.loads("[NaN]", parse_constant=lambda c: "const " + c))
for bad in ("", "{", "[1,]", "{'a': 1}", '{"a" 1}', '{"a": 1,}', "nul", '"abc', '"\t"', "01", "1 2", "[1 2]", '"\\x"', '"\\u12"', "-", "{1: 2}", "1.", "[", "tru", '{"a":}', "\ufeff1"):
    try:
        print(bad, json.loads(bad))
    except json.JSONDecodeError as e:
        print(repr(bad), "->", e, e.lineno, e.colno, e.pos, e.msg)
for f in (lambda: json.dumps({1, 2}), lambda: json.dumps({"a": object}), lambda: json.dumps({(1, 2): 3}), lambda: json.dumps(float("nan"), allow_nan=False), lambda: json.loads(5), lambda: json.dumps(b"x"), lambda: json.dumps(1j)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
circ = []
circ.append(circ)
try:
    json.dumps(circ)
except ValueError as e:
    print(e)


class Enc(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, (set, frozenset)):
            return {"set": sorted(o)}
        if isinstance(o, complex):
            return [o.real, o.imag]
        return super().default(o)


print(json.dumps({"s": {3, 1}, "c": 1j, "n": [frozenset()]}, cls=Enc), json.dumps([object], default=lambda o: o.__name__), list(Enc(indent=None).iterencode([1, {"a": {2}}])))
import io
f = io.StringIO()
json.dump({"k": [1, 2]}, f)
print(f.getvalue(), json.load(io.StringIO(f.getvalue())), json.JSONDecoder().raw_decode('{"a": 1} tail'), json.dumps({"z": 1, "y": {"x": 1, "w": 2}}, sort_keys=True))


class I(int):
    pass


class S(str):
    pass


print(json.dumps([I(3), S("q"), {S("k"): I(1)}]), json.dumps("a" * 5 + '"' * 3), len(json.dumps([[i, str(i), i / 7] for i in range(200)])), json.loads(json.dumps([[i, str(i), i / 7] for i in range(200)])) == [[i, str(i), i / 7] for i in range(200)])
