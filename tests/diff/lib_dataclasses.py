"""dataclasses: fields, defaults, ordering, frozen, slots, post-init, inheritance, replace."""
import dataclasses as dc
from dataclasses import dataclass, field


@dataclass
class P:
    x: int
    y: int = 0
    tags: list = field(default_factory=list, repr=False, compare=False)

    def norm(self):
        return self.x + self.y


p = P(1)
print(p, p == P(1, 0, ["ignored"]), p != P(2), p.tags, P(3, y=4).norm(), dc.asdict(p), dc.astuple(P(1, 2, [3])), [f.name for f in dc.fields(P)], dc.is_dataclass(p), dc.replace(p, y=9), P.__match_args__)
P(1).tags.append(1)
print(P(1).tags, P.__doc__, P.__annotations__, P.__hash__)


@dataclass(order=True, frozen=True)
class V:
    sort_index: int = field(init=False, repr=False)
    name: str
    n: int = 5

    def __post_init__(self):
        object.__setattr__(self, "sort_index", -self.n)


a, b = V("a", 1), V("b", 2)
print(a, a > b, sorted([a, b]), hash(a) == hash(V("a", 1)), {a: 1}[V("a", 1)])
for f in (lambda: setattr(a, "n", 3), lambda: delattr(a, "n"), lambda: V(), lambda: P(), lambda: P(1, 2, 3, 4), lambda: hash(p), lambda: P(1) < P(2), lambda: dc.replace(a, sort_index=1), lambda: dc.asdict(5), lambda: dc.fields(5)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


@dataclass
class Base:
    a: int
    b: int = 2


@dataclass
class Child(Base):
    b: int = 20
    c: int = 3
    d: dc.InitVar[int] = 7
    cls_var: "dc.ClassVar" = 5
    kw: int = field(default=1, kw_only=True)

    def __post_init__(self, d):
        self.sum = self.a + self.b + self.c + d


print(Child(1), Child(1, d=100).sum, Child(1, 2, 3, 4, kw=9), [f.name for f in dc.fields(Child)])
try:
    @dataclass
    class Bad(Base):
        e: int
except TypeError as e:
    print(e)
try:
    @dataclass
    class Bad2:
        x: list = []
except ValueError as e:
    print(e)


@dataclass(slots=True, kw_only=True)
class S:
    x: int
    y: str = "q"


s = S(x=1)
print(s, S.__slots__, hasattr(s, "__dict__"))
try:
    s.z = 1
except AttributeError as e:
    print(e)
try:
    S(1)
except TypeError as e:
    print(e)


@dataclass(repr=False, eq=False)
class Plain:
    x: int = 1


print(Plain() == Plain(), Plain.__eq__ is object.__eq__)
M = dc.make_dataclass("M", ["a", ("b", int), ("c", str, "dflt")])
print(M(1, 2), dc.asdict(P(1, 2, [{"k": P(5)}])))


@dataclass
class Tree:
    v: int
    kids: "list[Tree]" = field(default_factory=list)


print(Tree(1, [Tree(2), Tree(3, [Tree(4)])]), dc.asdict(Tree(1, [Tree(2)])))
match P(5, 6):
    case P(x, y):
        print("matched", x, y)
