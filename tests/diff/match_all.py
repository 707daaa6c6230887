"""match statements with all pattern kinds."""
import enum
from dataclasses import dataclass


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class P:
    x: int
    y: int = 0


class Pos:
    __match_args__ = ("a",)

    def __init__(self, a, b):
        self.a, self.b = a, b


class NS:
    const = 99


def m(v):
    match v:
        case None:
            return "none"
        case True | False as b:
            return f"bool {b}"
        case -1 | -1.5 | 3 + 4j:
            return "literal number"
        case "a" "b":
            return "string ab"
        case b"by":
            return "bytes"
        case NS.const:
            return "value pattern"
        case Color.RED:
            return "red"
        case int(n) if n > 100:
            return f"big {n}"
        case int() | float():
            return f"number {v}"
        case str() as s if s.startswith("x"):
            return f"x-string {s}"
        case []:
            return "empty seq"
        case [x]:
            return f"one {x}"
        case [1, [2, *inner], *rest]:
            return f"nested {inner} {rest}"
        case (first, *_, last) if first == last:
            return f"same ends {first}"
        case [_, _, *others]:
            return f"others {others}"
        case {"type": "pt", "x": x, "y": y}:
            return f"map pt {x} {y}"
        case {"k": [a, b], **rest}:
            return f"k {a} {b} rest {rest}"
        case {}:
            return f"mapping {len(v)}"
        case P(0, 0):
            return "origin"
        case P(x=0, y=yy):
            return f"on y axis {yy}"
        case P(x, y):
            return f"P {x} {y}"
        case Pos(1, b=2):
            return "pos 1 2"
        case Pos(q):
            return f"pos {q}"
        case set() | frozenset():
            return "set"
        case _:
            return "other"


for v in (None, True, False, -1, -1.5, 3 + 4j, "ab", b"by", 99, Color.RED, Color.BLUE, 1000, 5, 2.5, "xyz", "q", [], (), [7],
          [1, [2, 3, 4], 5], [4, 5, 4], [1, 2, 3], (8, 9), range(3), {"type": "pt", "x": 1, "y": 2, "z": 3},
          {"k": (1, 2), "m": 3}, {}, {"z": 1}, P(0), P(0, 5), P(3, 4), Pos(1, 2), Pos(5, 6), {1}, object, bytearray(b"x"), "a"):
    print(m(v))


def binding():
    match [1, 2, 3]:
        case [a, b]:
            pass
        case [a, *b]:
            pass
    return a, b


print(binding())


class Bad:
    __match_args__ = "notatuple"


for fn in (lambda: Bad(), lambda: 5):
    try:
        match fn():
            case Bad(x):
                print("matched")
            case int(a, b):
                print("no")
    except TypeError as e:
        print(e)
match = 1
case = 2
_ = 3
print(match, case, _)
match (1, 2):
    case 1, 2:
        print("open sequence")
match "x", :
    case ("y" | "x") as z,:
        print("tuple", z)
for src in ("match 1:\n case x: pass\n case y: pass", "match 1:\n case [a, a]: pass", "match 1:\n case x | 1: pass", "match 1:\n case {'a': 1, 'a': 2}: pass", "match 1:\n case 1 + 2: pass", "match 1:\n case [*a, *b]: pass", "match 1:\n case a | b: pass", "match 1:\n case P(x=1, x=2): pass"):
    try:
        compile(src, "m", "exec")
    except SyntaxError as e:
        print(e.msg, e.lineno)
