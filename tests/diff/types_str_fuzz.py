"""Searching, splitting and slicing of strings of all widths."""


class Random:
    """A generator of its own, so that every runtime draws the same cases."""

    def __init__(self, seed):
        self.state = seed

    def random(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) / 2**31

    def randint(self, a, b):
        return a + int(self.random() * (b - a + 1))

    def choice(self, seq):
        return seq[int(self.random() * len(seq))]

    def sample(self, seq, n):
        return [self.choice(seq) for _ in range(n)]


def show(expression):
    try:
        r = ascii(eval(expression))
    except Exception as e:
        r = type(e).__name__ + " " + ascii(str(e))
    print(ascii(expression), "=>", r)


R = Random(7)
out = []
S=['"abcabc"','"a,b,,c"','"héllo héllo"','"\\u4e2d文\\u4e2d"','"😀a😀"','""','" a  b "','"aXbXc"','"\\u1234abc"']
N=['"a"','"b"','"é"','"\\u4e2d"','"😀"','""','","','"abc"','" "','"X"','"cab"']
for _ in range(225):
    s,n=R.choice(S),R.choice(N)
    a=R.choice(['',f',{R.randint(-8,8)}',f',{R.randint(-8,8)},{R.randint(-8,8)}',',None,3'])
    m=R.choice(['find','rfind','index','rindex','count','startswith','endswith'])
    out.append(f"{s}.{m}({n}{a})")
for _ in range(150):
    s,n=R.choice(S),R.choice(N)
    m=R.choice(['split','rsplit']); k=R.choice(['',',1',',2',',0',',-1']); out.append(f"{s}.{m}({n}{k})"); out.append(f"{s}.{m}(None{k})")
    out.append(f"{s}.replace({n},{R.choice(N)}{R.choice(['',',1',',2',',0'])})")
    out.append(f"{s}.{R.choice(['strip','lstrip','rstrip','partition','rpartition','removeprefix','removesuffix','join','__contains__','__lt__','__eq__'])}({n})")
    out.append(f"{s}[{R.randint(-9,9)}:{R.randint(-9,9)}:{R.choice([1,2,-1,-2,3])}]"); out.append(f"{s}[{R.randint(-9,9)}]")
    out.append(f"{s} + {n}"); out.append(f"{s} * {R.randint(-1,4)}")
for expression in out:
    show(expression)
