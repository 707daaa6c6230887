"""Generic aliases and unions of builtin types, __class_getitem__, isinstance with unions, PEP 604 and 585 facts."""
import types
import typing

print(list[int], dict[str, list[int]], tuple[int, ...], tuple[()], type[int], set[int] | None, int | str | None, int | int, int | (str | int))
a = list[int]
print(a.__origin__, a.__args__, a.__parameters__, a([1, 2]), type(a).__name__, a == list[int], hash(a) == hash(list[int]), a.append is list.append, a.__class__, isinstance(a, type))
T = typing.TypeVar("T")
g = dict[T, list[T]]
print(g, g.__parameters__, g[int], list[T][str], tuple[T, int][bool], (list[T] | T)[int])
u = int | str
print(u, u.__args__, type(u).__name__, isinstance(5, u), isinstance(5.0, u), issubclass(bool, u), u == str | int, hash(u) == hash(str | int), int | None, None | int, u | float, typing.Union[int, str] == u, isinstance(None, int | None))
for e in ("isinstance([], list[int])", "issubclass(list, list[int])", "isinstance(1, int | list[int])", "int | 5", "5 | int", "list[int] + 1", "int[str]", "class_ if 0 else list[int].nope", "list[int][str]", "1 | None", "type(u)()", "object[int]"):
    try:
        print(e, "=", eval(e))
    except Exception as x:
        print(e, "->", type(x).__name__, x)


class Box:
    def __class_getitem__(cls, item):
        return types.GenericAlias(cls, item)


class IntBox(Box[int]):
    pass


print(Box[int], Box[int, str].__args__, Box[int]().__class__.__name__, IntBox.__bases__, IntBox.__orig_bases__, Box[T][int], types.resolve_bases((Box[int],)))


class L(list[int]):
    pass


print(L([1]), L.__orig_bases__, L.__mro__[1], isinstance(L(), list))


class Meta(type):
    def __getitem__(cls, i):
        return ("meta", i)

    def __or__(cls, o):
        return ("or", o)


class M(metaclass=Meta):
    def __class_getitem__(cls, i):
        return ("cls", i)


print(M[1], M | 2, M.__class_getitem__(3))
print(types.NoneType, types.EllipsisType, types.NotImplementedType, types.FunctionType.__name__, types.UnionType, types.GenericAlias is type(list[int]), types.new_class("N", (), {}, lambda ns: ns.update(x=1)).x, types.DynamicClassAttribute.__name__)
ns = types.SimpleNamespace(b=1, a=[2])
ns.c = ns.a
print(ns, ns == types.SimpleNamespace(b=1, a=[2], c=[2]), vars(ns))
mp = types.MappingProxyType({"k": 1})
print(mp, mp["k"], len(mp), "k" in mp, mp | {"z": 2}, list(mp.items()), mp == {"k": 1}, mp.copy())
try:
    mp["k"] = 2
except TypeError as e:
    print(e)
print(sorted(typing.get_type_hints(types.new_class("H", (), {}, lambda n: n.update(__annotations__={"a": int | None})))))
