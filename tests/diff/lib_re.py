"""re: matching, groups, substitution, flags, lookaround, errors, scanning."""
import re

m = re.match(r"(\w+)\s(?P<last>\w+)(x)?", "John Smith rest")
print(m, m.group(), m.group(1), m["last"], m.groups(), m.groups("dflt"), m.groupdict(), m.span("last"), m.start(3), m.end(), m.lastindex, m.lastgroup, m.string, m.pos, m.re.pattern, m.expand(r"\2-\g<1>"))
print(re.search("b+", "aabbb").span(), re.fullmatch("a+", "aab"), re.match("b", "ab"), re.findall(r"\d+", "1 22 333"), re.findall(r"(\w)(\d)", "a1 b2"), re.findall("", "ab"), [x.group() for x in re.finditer("a.", "abacad")])
print(re.sub(r"\s+", " ", "a  b\t c"), re.sub("(a)(b)?", r"[\1\2]", "abaa"), re.sub("a", lambda m: m.group().upper() + "!", "banana", count=2), re.subn("x", "y", "xxx"), re.sub("", "-", "abc"), re.sub("a*", "X", "baac"), re.sub(r"(?P<n>\d)", r"<\g<n>\g<0>>", "a1"))
print(re.split(r"[,;]", "a,b;c"), re.split("(,)", "a,b,c", maxsplit=1), re.split(r"\b", "two words"), re.split("x*", "axbc"), re.escape("a.b*c[d]"), re.compile("a", re.I | re.M).flags, re.compile("x"))
print(re.findall("^a", "a\na", re.M), re.findall("a.b", "a\nb", re.S), re.match("ABC", "abc", re.I), re.findall(r"""a # comment
    b""", "ab", re.X), re.match(r"(?i:A)b", "ab"), re.match(r"(?s).*", "x\ny").end(), re.findall(r"\w", "é_1", re.A), re.match("É", "é", re.I))
print(re.findall(r"(?<=\$)\d+", "$5 $66 7"), re.findall(r"\w+(?=!)", "hi! yo"), re.findall(r"a(?!b)", "abac"), re.findall(r"(?<!x)y", "xy zy"), re.match(r"(a|ab)(c|bcd)(d*)", "abcd").groups(), re.match(r"(a+)+$", "aaaa").group(1), re.match(r"(.)\1", "aa"), re.match(r"(?P<q>['\"]).*?(?P=q)", "'it' 'x'").group(), re.match(r"(a)?(?(1)b|c)", "ab").group(), re.match(r"(a)?(?(1)b|c)", "c").group())
print(re.findall(r"a{2,3}", "aaaaa"), re.findall(r"a{2,3}?", "aaaaa"), re.findall(r"a{,2}b", "aab b"), re.findall("[a-c^-]", "a^-d"), re.findall(r"[^\W\d]", "a1_"), re.findall(r"[\]\\]", "]\\"), re.findall(r"(?:ab)+", "ababx"), re.match(r"a++b", "aab"), re.match(r"(?>a+)ab", "aaab"), re.findall(r"\A\w|\w\Z", "abc"))
print(re.findall(rb"\d", b"1a2"), re.sub(b"a", b"b", b"aa"), re.match(r"\u00e9\x41\n\t", "éA\n\t") is not None, re.findall(r"\S+", " a b "), re.match("", "").span(), re.search(r"\d{3}-\d{4}", "call 555-1234 now").group(), re.match("[\u0400-\u04ff]+", "привет").end())
p = re.compile(r"(?P<key>\w+)=(?P<val>[^;]*)")
print({m["key"]: m["val"] for m in p.finditer("a=1;bb=two;c=")}, p.groups, p.groupindex, p.match("zz a=1", 3).span(), p.fullmatch("a=1;", 0, 3).group(), p.search("x a=1", pos=2), p == re.compile(p.pattern))
for bad in ("(", ")", "[", "*", "a**", "(?P<1>a)", "(?P<a>x)(?P<a>y)", r"\1", "a{3,2}", "(?z)", "[z-a]", "\\", "(?<=a+)b", "(?P=no)", "x(?i)", r"\q", "(?(2)a)", "(?P<n", "[]"):
    try:
        print(bad, re.compile(bad))
    except re.error as e:
        print(bad, "->", e, e.pos)
for f in (lambda: m.group(9), lambda: m["nope"], lambda: re.sub("a", r"\9", "a"), lambda: re.match(b"a", "a"), lambda: re.sub("a", b"b", "a"), lambda: re.compile(5), lambda: re.sub("a", r"\g<x", "a"), lambda: re.match("a", 5)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
sc = re.Scanner([(r"\d+", lambda s, t: int(t)), (r"[a-z]+", lambda s, t: t), (r"\s+", None)])
print(sc.scan("abc 12 d !x"))
text = "".join(f"line{i}: value={i * i % 17};\n" for i in range(50))
print(len(re.findall(r"value=(1\d)", text)), re.sub(r"line(\d+): value=(\d+);\n", lambda m: str(int(m[1]) ^ int(m[2])) + ",", text)[:60])
