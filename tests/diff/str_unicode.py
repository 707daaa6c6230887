"""Non-ASCII text in all storage widths: slicing, find, encode/decode with error handlers, normal forms."""
import unicodedata

texts = ["plain", "caf\xe9", "\u20ac100", "\u65e5\u672c\u8a9e", "a\U0001F600b", "mix\xe9\u20ac\U0001F389", "\x00nul", "\ud800lone"]
for t in texts:
    print(ascii(t), len(t), ascii(t[1:3]), ascii(t[::-1]), ascii(t.upper()), ascii(t * 2), t.find("b"), ascii(t + "z"), ascii(t[:1] + "\u1234"), t == t[:] + "")
    for enc in ("utf-8", "utf-16-le", "latin-1", "ascii", "utf-32-be", "utf-8-sig", "cp1252"):
        for err in ("strict", "replace", "ignore", "backslashreplace", "xmlcharrefreplace", "surrogatepass", "namereplace"):
            try:
                r = t.encode(enc, err)
            except UnicodeEncodeError as e:
                if err == "strict":
                    print("   ", enc, e)
            except LookupError as e:
                print(enc, err, e)
            else:
                if err == "strict" or (enc == "ascii" and err != "strict"):
                    print("   ", enc, err, r)
for b in (b"caf\xc3\xa9", b"\xff\xfe", b"a\x80b", b"\xe2\x82", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc0\x80", b"ok"):
    for err in ("strict", "replace", "ignore", "surrogateescape", "backslashreplace"):
        try:
            print(b, err, ascii(b.decode("utf-8", err)))
        except UnicodeDecodeError as e:
            print(b, err, e.reason, e.start, e.end, e.encoding)
print(b"\xff\xfea\x00".decode("utf-16"), "x".encode("utf-16-be"), b"\xe9".decode("latin1"), b"+AGE-".decode("utf-7"), "a\n".encode("unicode_escape"), b"\\u00e9\\n".decode("unicode_escape"))
raw = b"\x80abc\xff"
print(raw.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape") == raw)
print(unicodedata.normalize("NFC", "e\u0301") == "\xe9", unicodedata.name("\u20ac"), unicodedata.category("a"), unicodedata.lookup("SNOWMAN"), unicodedata.numeric("½"))
print("\N{EURO SIGN}", "\N{LATIN SMALL LETTER E WITH ACUTE}" == "é", "straße".casefold() == "STRASSE".casefold(), "ΑΣ".lower(), "ﬁ".upper(), "ǆ".title())
big = "x" * 1000 + "\u20ac" + "y" * 1000
print(big.find("\u20ac"), big.count("y"), big.index("\u20acy"), big[999:1003], big.replace("\u20ac", "E")[998:1003], len(big.encode()), big.rfind("x"), big.split("\u20ac")[1][:3])
naïve = 5
print(naïve, "ñ".isidentifier(), eval("ñ := 3") if 0 else "", sorted(["é", "z", "a", "\u65e5", "\U0001F600"]))
print("\u0130".casefold().encode(), "ß".title(), "\u1c88".upper(), "\u00b5".upper() == "\u039c", "\u2163".lower(), "٤٥".isdigit(), int("٤٥"), float("٤.٥"))
codec = __import__("codecs")
dec = codec.getincrementaldecoder("utf-8")()
print([dec.decode(bytes([c])) for c in "€é".encode()], codec.lookup("UTF8").name, codec.encode("abc", "rot13"), codec.decode(b"616263", "hex"))
codec.register_error("mine", lambda e: (f"<{ord(e.object[e.start]):x}>", e.end))
print("a\u20acb".encode("ascii", "mine"))
