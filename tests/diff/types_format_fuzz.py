"""Format specifications and % conversions in random combinations."""


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
ints=[0,1,-1,7,255,-256,1234567,-1234567,2**31,2**62,2**63,-2**63,2**64,10**20,-10**30,3**100]
floats=['0.0','-0.0','1.0','-1.5','0.1','1e16','1e22','123456.789','-2.5e-7','5e-324','1.7976931348623157e308','float("inf")','-float("inf")','float("nan")','0.5','2.5','1e-5','9.995','99999.5','1e15','123456789012345678.0','1/3']
def spec():
    s=''
    if R.random()<.5: s+=R.choice(['','*','0','é',' ','<'])+R.choice('<>=^') if R.random()<.7 else R.choice('<>=^')
    s+=R.choice(['','','+','-',' ']); 
    if R.random()<.1: s+='z'
    if R.random()<.2: s+='#'
    if R.random()<.3: s+='0'
    if R.random()<.6: s+=str(R.choice([0,1,3,8,12,20,27]))
    if R.random()<.35: s+=R.choice(',_')
    if R.random()<.45: s+='.'+str(R.choice([0,1,2,3,6,10,17,25]))
    return s
for _ in range(225):
    v=R.choice(ints); out.append(f"format({v},{spec()+R.choice(['','d','b','o','x','X','n','c','e','f','g','%','F','G','E'])!r})")
for _ in range(375):
    v=R.choice(floats); out.append(f"format({v},{spec()+R.choice(['','e','f','g','n','%','E','F','G'])!r})")
for _ in range(62):
    v=f"complex({R.choice(floats)},{R.choice(floats)})"; out.append(f"format({v},{spec()+R.choice(['','e','f','g','n','F','G'])!r})")
for _ in range(62):
    v=R.choice(['"abc"','""','"héllo wörld"','"x"']); out.append(f"format({v},{spec()+R.choice(['','s'])!r})")
for _ in range(200):
    fl=''.join(R.choice('-+ #0') for _ in range(R.randint(0,3)))
    w=R.choice(['','3','10','15']); p=R.choice(['','.','.0','.3','.12'])
    t=R.choice('diouxXeEfFgGsrac')
    v=R.choice([str(R.choice(ints)),R.choice(floats),'"é"','"abc"','b"ab"'])
    out.append(f"'<%{fl}{w}{p}{t}>' % ({v},)")
    out.append(f"b'<%{fl}{w}{p}{t}>' % ({v},)")
for expression in out:
    show(expression)
