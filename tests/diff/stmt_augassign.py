"""In-place operators, their fallbacks, and evaluation order."""


class Acc:
    def __init__(self, v):
        self.v = v

    def __repr__(self):
        return f"Acc({self.v})"


def ip(name):
    def f(self, other):
        print(name, other)
        self.v = (name, other)
        return self
    return f


for nm in "iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift irshift iand ixor ior".split():
    setattr(Acc, f"__{nm}__", ip(nm))

a = Acc(0)
keep = a
a += 1
a -= 2
a *= 3
a @= 4
a /= 5
a //= 6
a %= 7
a **= 8
a <<= 9
a >>= 10
a &= 11
a ^= 12
a |= 13
print(a, a is keep)


class OnlyAdd:
    def __add__(self, other):
        return ("add", other)

    def __radd__(self, other):
        return ("radd", other)


x = OnlyAdd()
x += 5
print(x)
y = 7
y += OnlyAdd()
print(y)
t = ([1], 2)
try:
    t[0] += [5]
except TypeError as e:
    print(e, t)


def key():
    print("key once")
    return "k"


d = {"k": [1]}
d[key()] += [2, 3]
print(d)
lst = [1, 2]
alias = lst
lst += (3,)
lst *= 2
print(alias, alias is lst)
lst = lst + [9]
print(alias is lst)
s = "ab"
s *= 3
s += "!"
print(s)
n = 5
n **= 3
n //= 4
n %= 7
n <<= 70
n >>= 65
n |= 1
n ^= 0xFF
n &= ~3
print(n)
f = 1
f /= 4
print(f)
st = {1, 2}
st |= {3}
st &= {2, 3, 4}
st ^= {2, 9}
st -= {9}
print(st)
dd = {"a": 1}
dd |= {"b": 2}
dd |= [("c", 3)]
print(dd)
for src in ("n += 'a'", "s += 1", "lst += 5", "s -= 'a'", "f @= 2", "st |= [1]"):
    try:
        exec(src)
    except TypeError as e:
        print(src, "->", e)
