"""Builtins and methods of builtin types called in hot loops, with wrong arguments late in the loop."""
import math


def builtins_loop(n):
    s = 0
    v = [3, 1, 2]
    for i in range(n):
        s += len(v) + abs(-i) + min(i, 5) + max(i, 5, 7) + int(2.9) + ord("a") + (i if isinstance(i, int) else 0) + bool(i) + sum(v) + hash(i) % 7 + divmod(i, 7)[1] + pow(i, 2, 11) + round(i / 3)
    return s


print(builtins_loop(10000))


def methods(n):
    s = 0
    lst, d, st, txt = [], {}, set(), "a,b,c"
    for i in range(n):
        lst.append(i)
        d.setdefault(i % 10, []).append(i)
        st.add(i % 13)
        s += len(txt.split(",")) + txt.find("c") + txt.count("a") + len(txt.replace(",", "")) + txt.upper().index("B") + (i).bit_length()
        if len(lst) > 100:
            s += lst.pop() + lst.pop(0)
            lst.clear()
    return s, len(d), sum(map(len, d.values())), sorted(st)


print(methods(8000))


def late_error(n, bad):
    c = 0
    for i in range(n):
        arg = bad if i == n - 1 else "x" * (i % 5)
        c += len(arg)
    return c


for bad in (5, None, [1, 2], range(9), {}):
    try:
        print(late_error(6000, bad))
    except TypeError as e:
        print(e)


def mathy(n):
    s = 0.0
    for i in range(1, n):
        s += math.sqrt(i) + math.sin(i) * math.cos(i) + math.log(i) + math.exp(-i) + math.atan2(i, 3) + math.floor(i / 7) + math.hypot(i, 1) + math.pi + math.fabs(-i) + math.fmod(i, 3)
    return s


print(mathy(10000))


def math_errors(n):
    errs = {}
    for i in range(n):
        try:
            math.sqrt(5 - i % 10)
            math.log(i % 4)
            math.exp(i)
        except (ValueError, OverflowError) as e:
            errs[str(e)] = errs.get(str(e), 0) + 1
    return sorted(errs.items())


print(math_errors(3000))


def iterators(n):
    s = 0
    it = iter(range(n))
    for i, (a, b) in enumerate(zip(range(n), range(n, 0, -1))):
        s += a * b - i + next(it)
    for x in reversed(range(n)):
        s ^= x
    for ch in "hello" * (n // 10):
        s += ch == "l"
    for k in dict.fromkeys(range(n)):
        s += k
    for q in sorted(range(n), key=lambda z: -z)[:5]:
        s += q
    return s


print(iterators(5000))


def typecalls(n):
    s = 0
    for i in range(n):
        s += int(str(i)) + int(float(i)) + len(list(range(i % 4))) + len(tuple("ab")) + float("1.5") + len(str(i)) + bool([]) + len(dict(a=1)) + len(set("aab")) + len(bytes(3)) + complex(i).real
    return s


print(typecalls(4000))


def fmt(n):
    t = 0
    for i in range(n):
        t += len(f"{i:>5}|{i / 3:.2f}|{i!r}") + len("%d-%s" % (i, i)) + len("{}:{}".format(i, "x"))
    return t


print(fmt(5000))


def strbuild(n):
    s = ""
    for i in range(n):
        s += chr(97 + i % 26)
    return s[:30], len(s), hash(s) == hash("".join(chr(97 + i % 26) for i in range(n)))


print(strbuild(5000))
