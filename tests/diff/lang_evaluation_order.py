"""Order of evaluation of operands, calls, dict displays, comparisons, assignments, subscripts, defaults."""
log = []


def t(tag, v=None):
    log.append(tag)
    return v


def show():
    print(" ".join(map(str, log)))
    log.clear()


t("a", 1) + t("b", 2) * t("c", 3) ** t("d", 2)
show()
{t("k1", 1): t("v1"), t("k2", 2): t("v2"), **t("m", {})}
show()
t("f", print)(t("x", ""), *t("s", []), end=t("kw", ""), **t("kk", {}))
show()
t("obj", {})[t("key", 0)] = t("val", 1)
show()
t("l", [0, 1, 2])[t("lo", 0):t("hi", 2):t("st", 1)]
show()
x = t("first", [0])[t("i", 0)], y = t("rhs", (1, 2)) if 0 else (5, 6)
show()
t("lhs", 1) < t("mid", 2) < t("rhs", 3)
show()
t("no", 5) < t("mid", 2) < t("never", 3)
show()
t("then", 1) if t("cond", 0) else t("else", 2)
show()
[t("e", i) for i in t("it", [1, 2]) if t("if", i)]
show()


def f(a=t("da"), *, b=t("db")) -> t("ret"): ...


def g(a: t("ann a"), b: t("ann b") = t("default b"), *c: t("ann c")) -> t("ann r"): ...


show()


@t("deco1", lambda f: t("apply1", f))
@t("deco2", lambda f: t("apply2", f))
class C(t("base", object), metaclass=t("meta", type)):
    t("body")


show()
d = t("dict", {"n": [1]})
d[t("sub", "n")] += t("inc", [2])
show()
assert t("assert", 1), t("msg")
del t("dl", [1])[t("di", 0)]
show()
try:
    t("left", 1) / t("right", 0) + t("unreached")
except ZeroDivisionError:
    t("handler")
show()
lambda q=t("lambda default"): t("not yet")
show()
print(t("1", 1), t("2", 2), sep=t("sep", "-"))
show()
a, (b, c) = t("tuple", (1, t("inner", (2, 3))))
show()
with t("cm", __import__("contextlib").nullcontext(1)) as t("tgt", d)[t("idx", "w")]:
    t("in")
show()
f"{t('f1', 1)}{t('f2', 2):{t('spec', 3)}}{t('f3')!r}"
show()
for t("loopobj", d)[t("loopkey", 0)] in t("iter", [1, 2]):
    t("loop")
show()
yield_log = (t("g", i) for i in t("outer iter now", [1]))
show()
list(yield_log)
show()
t("and", 0) and t("skip")
t("or", 1) or t("skip")
not t("not")
show()
x: t("annotation evaluated") = t("value first", 3)
show()
