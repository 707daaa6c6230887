"""f-strings: conversions, specs, nesting, debugging =, quoting, evaluation."""
import math


class F:
    def __format__(self, spec):
        return f"F[{spec}]"

    def __str__(self):
        return "str-F"

    def __repr__(self):
        return "repr-F"


x, y, name, f = 42, 3.14159, "world", F()
print(f"hello {name}!", f"{x}{y}", f"{{literal}} {{{x}}}", f"", f"{'nested'}")
print(f"{name!r} {name!s} {name!a} {'é'!a} {f} {f!s} {f!r} {f!s:>10} {f:abc}")
print(f"{x:5d}|{x:<5}|{x:^5}|{x:>5}|{x:05}|{x:+}|{x:x}|{x:#x}|{x:b}|{x:,}|{x:e}")
print(f"{y:.2f}|{y:10.3f}|{y:<10.1f}|{y:e}|{y:g}|{y:%}|{y:.0f}|{y!r:.3}")
w, p = 10, 3
print(f"{y:{w}.{p}f}|{y:{w}.{p}}|{name:{'*'}^{w}}|{x:{'0'}{w}}|{f:{x}-{name!r}}")
print(f"{x=} {x = } {y=:.2f} {name=!s} {x + 1 = } {f=} {f=!r} {name = :>8}")
print(f"{x!r:>{w}}", f"{(lambda q: q * 2)(4)}", f"{[i for i in range(3)]}", f"{ {'a': 1}['a'] }", f"{ {1, 2} }")
print(f'{name + "quoted"}', f"{'a' 'b'}", f"""triple {
    x
    + 1
} end""", rf"raw\n{x}", fr'\d{x:02}')
print("concat " f"{x} " "plain" f" {y:.1f}" r"\raw")
print(f"{x:{'>' if x > 1 else '<'}6}", f"{None}", f"{True:5}", f"{1 == 1}", f"{x if x else y}", f"{x!=1}", f"{'a' in 'abc'}")
print(f"{math.pi:.{p}f} {'%d' % 3} {'{}'.format(9)}")
print(f"{1,2} {(1, 2)[0]} {x, } {[1, 2][1:]} {'a,b'.split(',')}")
print(f"{'':>5}|{'ab':*<5}|{'ab':.1}|{-5:=6}|{-5:06}|{5: }|{1e10}|{10**20:,}|{255:_b}|{0.1:.20f}")
print(f"{x}" == str(x), f"{name}" is name, type(f"{x}").__name__, f"\N{GREEK SMALL LETTER ALPHA}{x}\t{x}\x41")
for src in ("f'{x:d}' if 0 else f'{name:d}'", "f'{y:d}'", "f'{x:.2}'", "f'{name:=5}'", "f'{object():5}'", "f'{None:5}'", "f'{x:zz}'", "f'{[]:1}'", "f'{name:,}'", "f'{x:c}'", "f'{-1:c}'"):
    try:
        print(eval(src))
    except (ValueError, TypeError, OverflowError) as e:
        print(src, "->", type(e).__name__, e)


def order(n):
    print("eval", n)
    return n


print(f"{order(1)} {order(2):{order(3)}} {order(4)!r}")
lines = "\n".join(f"{i:>3}: {'x' * i:<5}|" for i in range(4))
print(lines)
