"""typing: generics, aliases, hints, protocols, overloads, TypedDict, reprs."""
import typing as t
from typing import Any, Callable, Dict, Generic, List, Literal, NewType, Optional, Protocol, TypeVar, Union

T = TypeVar("T")
K = TypeVar("K", bound=int)
V = TypeVar("V", str, bytes)
print(T, K.__bound__, V.__constraints__, List[int], Dict[str, List[int]], Optional[int], Union[int, str, int], Union[int], Callable[[int, str], bool], Callable[..., Any], Literal[1, "a"], t.Tuple[int, ...], t.Type[int], Any, t.ClassVar[int], t.Final)
print(list[T][int], Dict[str, T][int], Union[T, None][int], t.get_origin(List[int]), t.get_args(Dict[str, int]), t.get_args(Callable[[int], str]), t.get_origin(int | str), Optional[int] == Union[int, None], int | None == Optional[int], List[int] == List[int], hash(List[int]) == hash(List[int]))


class Box(Generic[T]):
    def __init__(self, v: T):
        self.v = v

    def get(self) -> T:
        return self.v


b = Box[int](5)
print(b.get(), Box[int], b.__orig_class__, Box.__parameters__, Box[T][str], type(b).__name__, issubclass(Box, Generic))


class Pair(Box[K], Generic[K, V]):
    pass


print(Pair[int, str], Pair.__parameters__, Pair.__orig_bases__)


def f(a: int, b: "Optional[str]" = None, *c: "Box[int]", d: t.List["int"] = ()) -> "Box":
    pass


print(t.get_type_hints(f), f.__annotations__)


class A:
    x: int
    y: "List[A]" = []


print(t.get_type_hints(A))


@t.runtime_checkable
class HasLen(Protocol):
    def __len__(self) -> int: ...


print(isinstance([], HasLen), isinstance(5, HasLen), issubclass(dict, HasLen))


class TD(t.TypedDict, total=False):
    a: int
    b: str


print(TD(a=1), TD.__annotations__, TD.__total__, TD.__optional_keys__ == {"a", "b"})
UID = NewType("UID", int)
print(UID(5), UID.__name__, t.cast(int, "x"), t.NamedTuple("NT", [("a", int)])(1), UID)


@t.overload
def g(x: int) -> int: ...
@t.overload
def g(x: str) -> str: ...
def g(x):
    return x


print(g(1), t.get_overloads(g)[0].__annotations__, t.TYPE_CHECKING, t.no_type_check(g) is g, t.Annotated[int, "meta"].__metadata__, t.get_type_hints(type("H", (), {"__annotations__": {"q": t.Annotated[int, 1]}})))
for bad in (lambda: List[int, str], lambda: Box[int, str], lambda: Union[5], lambda: Optional[int, str], lambda: Any(), lambda: isinstance([], List[int]), lambda: Literal, lambda: TypeVar("Q", int), lambda: list[int]() + 1, lambda: isinstance([], list[int]), lambda: int[str], lambda: t.get_type_hints(5)):
    try:
        print(bad())
    except TypeError as e:
        print(e)
print(t.ParamSpec("PS"), t.Concatenate[int, ...] if 0 else "", t.Self, t.Never, t.NoReturn, t.assert_type(5, int), t.TypeVarTuple("Ts"), t.is_typeddict(TD), List[T].__parameters__, t.ForwardRef("X"), t.IO[str], t.Pattern[str] if hasattr(t, "Pattern") else "")
