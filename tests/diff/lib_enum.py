"""enum: members, flags, auto, aliases, custom methods, errors, StrEnum."""
import enum


class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1

    @property
    def pretty(self):
        return self.name.title()

    @classmethod
    def default(cls):
        return cls.GREEN


print(Color.RED, repr(Color.RED), Color(2), Color["RED"], Color.CRIMSON is Color.RED, list(Color), len(Color), Color.RED.name, Color.RED.value, Color.RED.pretty, Color.default(), Color.__members__)
print(Color.RED == 1, Color.RED != Color.GREEN, isinstance(Color.RED, Color), Color.RED in Color, {Color.RED: 1}[Color.RED], hash(Color.RED) == hash(Color.CRIMSON), type(Color.RED).__name__, Color.RED.__class__ is Color)
for f in (lambda: Color(9), lambda: Color["X"], lambda: setattr(Color, "RED", 5), lambda: Color.RED < Color.GREEN, lambda: type("Sub", (Color,), {}), lambda: Color.NOPE, lambda: delattr(Color, "RED")):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


class N(enum.IntEnum):
    A = 1
    B = enum.auto()
    C = enum.auto()


print(N.B, N.B + 1, N.C > N.A, sorted([N.C, N.A]), N(3), f"{N.B}", repr(N.B), "%d" % N.B, [10, 20][N.A], N.A == 1)


class P(enum.Flag):
    R = enum.auto()
    W = enum.auto()
    X = enum.auto()
    RW = R | W


print(P.R | P.X, repr(P.R | P.W), P.RW & P.W, ~P.R, P.R in P.RW, bool(P.R & P.X), P(5), P(0), list(P.RW), P.R ^ P.RW, len(P.RW))


class S(enum.StrEnum):
    ONE = enum.auto()
    TWO = "2"


print(S.ONE, S.TWO + "x", repr(S.ONE), S("one"), f"{S.TWO:>3}", S.ONE == "one")


class Planet(enum.Enum):
    EARTH = (5.97, 6.37)
    MARS = (0.64, 3.39)

    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius

    @property
    def g(self):
        return round(self.mass / self.radius ** 2, 4)


print(Planet.MARS.g, Planet.EARTH.mass, Planet((0.64, 3.39)))


class Auto(enum.Enum):
    def _generate_next_value_(name, start, count, last):
        return name.lower() + str(count)

    @classmethod
    def _missing_(cls, v):
        return cls.FOO if v == "dflt" else None
    FOO = enum.auto()
    BAR = enum.auto()


print(Auto.BAR.value, Auto("dflt"), [m.value for m in Auto])
F = enum.Enum("F", "a b c")
print(list(F), F.b.value, enum.Enum("G", {"x": 10}).x.value, F.__name__)
try:
    @enum.unique
    class Dup(enum.Enum):
        a = 1
        b = 1
except ValueError as e:
    print(e)
try:
    class Twice(enum.Enum):
        a = 1
        a = 2
except TypeError as e:
    print(e)


class IF(enum.IntFlag):
    A = 1
    B = 2


print(IF.A | 4, IF.A | IF.B, int(IF.B), IF(3), repr(IF.A | IF.B), IF.A + 1)
