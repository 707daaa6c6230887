"""A JSON reader and writer in pure Python: strings, dicts, recursion."""
from harness import main

SPACE = " \n\t\r"
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
BACK = {v: "\\" + k for k, v in ESCAPES.items() if k != "/"}


class Reader:
    def __init__(self, text):
        self.text = text
        self.pos = 0

    def skip(self):
        text, i = self.text, self.pos
        while text[i] in SPACE:
            i += 1
        self.pos = i
        return text[i]

    def value(self):
        c = self.skip()
        if c == "{":
            return self.object()
        if c == "[":
            return self.array()
        if c == '"':
            return self.string()
        for word, v in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.pos):
                self.pos += len(word)
                return v
        return self.number()

    def object(self):
        out = {}
        self.pos += 1
        if self.skip() == "}":
            self.pos += 1
            return out
        while True:
            self.skip()
            key = self.string()
            assert self.skip() == ":"
            self.pos += 1
            out[key] = self.value()
            c = self.skip()
            self.pos += 1
            if c == "}":
                return out

    def array(self):
        out = []
        self.pos += 1
        if self.skip() == "]":
            self.pos += 1
            return out
        while True:
            out.append(self.value())
            c = self.skip()
            self.pos += 1
            if c == "]":
                return out

    def string(self):
        text, i = self.text, self.pos + 1
        out = []
        while True:
            c = text[i]
            if c == '"':
                self.pos = i + 1
                return "".join(out)
            if c == "\\":
                i += 1
                c = ESCAPES[text[i]]
            out.append(c)
            i += 1

    def number(self):
        text, i = self.text, self.pos
        while i < len(text) and text[i] in "+-.eE0123456789":
            i += 1
        word, self.pos = text[self.pos:i], i
        return float(word) if "." in word or "e" in word else int(word)


def write(v):
    if v is True:
        return "true"
    if v is False:
        return "false"
    if v is None:
        return "null"
    if isinstance(v, str):
        return '"' + "".join(BACK.get(c, c) for c in v) + '"'
    if isinstance(v, (int, float)):
        return repr(v)
    if isinstance(v, list):
        return "[" + ", ".join(write(x) for x in v) + "]"
    return "{" + ", ".join(write(k) + ": " + write(x) for k, x in v.items()) + "}"


def sample(n):
    return [{"id": i, "name": "item \"%d\"\n" % i, "price": i * 1.25, "tags": ["a", "bb", "c/d"][:i % 4], "sub": {"ok": i % 2 == 0, "none": None, "deep": [[i], []]}} for i in range(n)]


def kernel():
    data = sample(1500)
    text = write(data)
    back = Reader(text + " ").value()
    assert back == data
    return len(text), sum(map(ord, write(back))) % 65521


if __name__ == "__main__":
    main(kernel)
