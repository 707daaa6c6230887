"""str methods, one line per method family."""
s = "Hello, World"
print(s.upper(), s.lower(), s.swapcase(), s.title(), s.capitalize(), s.casefold(), "ß".upper(), "ŉ".upper(), "İ".lower().encode())
print(s.find("o"), s.rfind("o"), s.find("z"), s.find("o", 5), s.find("o", -3, -1), s.index("W"), s.count("l"), s.count(""), s.find(""), s.rfind(""), "".find("", 1))
print(s.startswith("He"), s.startswith(("x", "H")), s.endswith("ld", 0, -1), s.startswith("lo", 3), "abc".endswith(()), "a" in s, "" in s)
print("a,b,,c".split(","), " a  b ".split(), "a,b,c".split(",", 1), "a,b,c".rsplit(",", 1), " a b ".split(" "), "".split(), "".split(","), " x y z ".split(None, 1), " x y z ".rsplit(None, 1))
print("a\nb\r\nc\x0bd\u2028e".splitlines(), "a\nb\n".splitlines(True), "k=v=w".partition("="), "k=v=w".rpartition("="), "kv".partition("="), "kv".rpartition("="))
print("-".join("abc"), "".join([]), ", ".join(["x"]), "x".join(("a", "b")), "-".join(str(i) for i in range(4)))
print("  pad ".strip() + "|", "xxaxx".strip("x"), "abcba".lstrip("ab"), "abcba".rstrip("ab"), "\t\n x".lstrip(), "prefix_a".removeprefix("prefix_"), "a.py".removesuffix(".py"), "a".removesuffix("zz"))
print("ab".center(7, "*"), "abc".center(6, "-"), "ab".ljust(5) + "|", "ab".rjust(5), "42".zfill(5), "-42".zfill(5), "+1".zfill(1), "a\tb\tc".expandtabs(4), "ab\tc\n\td".expandtabs())
print("aXbXc".replace("X", "--"), "aaa".replace("a", "b", 2), "abc".replace("", "."), "".replace("", "x"), "abc".replace("d", "e"))
print([m for m in ("isalpha", "isdigit", "isdecimal", "isnumeric", "isalnum", "isspace", "isupper", "islower", "istitle", "isidentifier", "isprintable", "isascii")])
for t in ("abc", "ABC", "123", "²", "½", "Abc Def", " \t", "a1", "", "é", "_x", "1x", "\x00", "日本", "ǅ", "class"):
    print(ascii(t), [int(getattr(t, m)()) for m in ("isalpha", "isdigit", "isdecimal", "isnumeric", "isalnum", "isspace", "isupper", "islower", "istitle", "isidentifier", "isprintable", "isascii")])
table = str.maketrans("abc", "xyz", "d")
print("abcd".translate(table), "abc".translate({97: None, 98: "BB", 99: 0x43}), str.maketrans({"a": 1, 98: "q"}))
print("abc" < "abd", "a" < "B", "Z" < "a", "" < "a", "abc" == "ab" + "c", "a" * 3, 2 * "xy", "x" * 0, "x" * -1, "abc"[::-1], "abcdef"[1:5:2], "abc"[-1], "abc"[5:])
print(repr("it's"), repr('say "hi"'), repr("both ' \""), repr("\n\t\\\x00\x7f\x80é\u200b\U0001F600\ud800"), ascii("é\U0001F600"), str(b"x"), str(b"x", "ascii"), str(5), str(None))
print(ord("a"), chr(8364), chr(0x1F600) == "\U0001F600", len("\U0001F600é"), "\u0065\u0301" == "é", min("hello"), max("hello"), sorted("hello"), list("abc"), "".join(reversed("abc")), hash("a") == hash("a"), "%s" % "x")
for e in ("'a' + 1", "'a'.index('b')", "'a'.join([1])", "'abc'['x':]", "'a' * 'b'", "'a' < 1", "chr(-1)", "ord('ab')", "'a'.split('')", "'x'.center(5, 'ab')", "str(b'\\xff', 'utf8')", "str(1, 'utf8')", "'a'.encode('nope')", "'é'.encode('ascii')", "b'\\xe9'.decode('ascii')", "'a'.startswith(1)", "'a'.zfill('b')", "'a'.replace('a')", "''.join(5)", "str.maketrans('a', 'bc')", "'{}'.format()", "'a' in 5", "5 in 'a'", "int('a')"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class S(str):
    def __str__(self):
        return "S!"


x = S("abc")
print(x, repr(x), x + "d", type(x.upper()).__name__, x == "abc", {x: 1}["abc"], f"{x}", "%s" % x, "".join([x]), x[0], type(str(x)).__name__, str.__str__(x))
