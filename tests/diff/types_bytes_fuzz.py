"""bytes, bytearray and memoryview under random operations."""


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
BS=['b"abcabc"','b"a,b,,c"','b"\\x00\\xff\\x80a"','b""','b" a  b "','b"aXbXc\\n\\r\\nx"',"b\"it's\"",'b"Hello World"']
BN=['b"a"','b"b"','b"\\xff"','b""','b","','b"abc"','97','b" "','bytearray(b"X")']
for _ in range(225):
    s,n=R.choice(BS),R.choice(BN)
    if R.random()<.5: s=f"bytearray({s})"
    a=R.choice(['',f',{R.randint(-8,8)}',f',{R.randint(-8,8)},{R.randint(-8,8)}'])
    out.append(f"{s}.{R.choice(['find','rfind','index','rindex','count','startswith','endswith'])}({n}{a})")
    out.append(f"{s}.{R.choice(['split','rsplit'])}({n}{R.choice(['',',1',',0'])})"); out.append(f"{s}.{R.choice(['split','rsplit'])}(None{R.choice(['',',1',',0'])})")
    out.append(f"{s}.replace({n},{R.choice(BN)}{R.choice(['',',1',',0'])})")
    out.append(f"{s}.{R.choice(['strip','lstrip','rstrip','partition','rpartition','removeprefix','removesuffix','__contains__','__lt__','__eq__','__add__'])}({n})")
    out.append(f"{s}[{R.randint(-9,9)}:{R.randint(-9,9)}:{R.choice([1,2,-1,-2,3])}]"); out.append(f"{s}[{R.randint(-9,9)}]")
    out.append(f"{s}.{R.choice(['upper','lower','title','capitalize','swapcase','isalnum','isalpha','isascii','isdigit','islower','isspace','istitle','isupper','splitlines','hex','__repr__','__iter__().__next__','expandtabs','decode'])}()")
    out.append(f"{s}.{R.choice(['center','ljust','rjust','zfill'])}({R.randint(0,12)})")
    i,j,k=R.randint(-9,9),R.randint(-9,9),R.choice([1,1,2,-1,-2])
    ba=f"bytearray({R.choice(BS)})"
    out.append(f"(lambda b: (b.__setitem__(slice({i},{j},{k}),{R.choice(BS)}), b)[1])({ba})")
    out.append(f"(lambda b: (b.__delitem__(slice({i},{j},{k})), b)[1])({ba})")
    MUT=['append(5)','extend(b"xyz")','extend([1,2])','insert(2,7)','insert(-1,9)','pop()','pop(0)','reverse()','clear()','remove(97)','__iadd__(b"q")','__imul__(2)','__imul__(0)','__setitem__(0,1)','__delitem__(-1)','__init__(3)']
    out.append(f"(lambda b: (b.{R.choice(MUT)}, b))({ba})")
    mv=f"memoryview({ba})"
    out.append(f"{mv}[{i}:{j}:{k}].tolist()"); out.append(f"{mv}[{i}:{j}:{k}].tobytes()"); out.append(f"{mv}[{i}:{j}:{k}].shape"); out.append(f"{mv}[{i}:{j}:{k}].strides"); out.append(f"{mv}[{i}:{j}:{k}].c_contiguous")
    out.append(f"{mv}[{i}:{j}:{k}] == {R.choice(BS)}"); out.append(f"{mv}[{i}]")
    out.append(f"(lambda b: (memoryview(b).__setitem__({R.randint(-4,4)},5), b)[1])({ba})")
    out.append(f"(lambda b: (memoryview(b).__setitem__(slice({i},{j}),{R.choice(BS)}[{i}:{j}]), b)[1])({ba})")
for f in 'cbB?hHiIlLqQnNfdPe': 
    out.append(f"memoryview(bytes(16)).cast('{f}').itemsize"); out.append(f"memoryview(bytes([255,254,1,2,3,4,5,200]*2)).cast('{f}').tolist()"); out.append(f"memoryview(bytearray(16)).cast('@{f}').tolist()")
    for v in ['0','-1','255','65536','2**31','2**63','2**64','-2**63','1.5','b"a"','b"ab"','True','"x"','None']:
        out.append(f"(lambda b: (memoryview(b).cast('{f}').__setitem__(0,{v}), b))(bytearray(8))")
out+=["(lambda b: (memoryview(b), b.append(1)))(bytearray(b'ab'))","(lambda b: [b.append(1) for m in [memoryview(b)]])(bytearray(b'ab'))","(lambda b,m: (m.release(), b.append(1), b)[2])(*(lambda b:(b,memoryview(b)))(bytearray(b'ab')))","memoryview(b'abcdef').cast('B',[2,3]).tolist()","memoryview(b'abcdef').cast('B',[2,3]).strides","memoryview(b'abcdef').cast('B',[2,3])[1,2]","memoryview(b'abcdef').cast('B',[2,3])[-1,-1]","memoryview(b'abcdef').cast('B',[2,3]).tobytes('F')","memoryview(b'abcdef').cast('B',[2,3]).f_contiguous","memoryview(b'abcdef').cast('B',[2,3])==memoryview(b'abcdef')","memoryview(b'abcdefgh').cast('B',[2,2,2]).tolist()","memoryview(b'abcdefgh').cast('H',[2,2]).tolist()","memoryview(b'abcd').hex(':',2)","len(memoryview(b'abcdef').cast('B',[2,3]))","memoryview(b'abcdef').cast('B',[2,3]).cast('B')==b'abcdef'","bytes(memoryview(b'abcdef')[::-2])","list(memoryview(b'abc'))","hash(memoryview(b''))==hash(b'')","memoryview(memoryview(b'abc')[1:]).tobytes()","memoryview(b'abc').toreadonly().obj","b'abc'==memoryview(b'abc')","bytearray(memoryview(b'abc'))","b'%b' % memoryview(b'xy')","int.from_bytes(bytearray(b'\\x01\\x02'),'little')","str(memoryview(b'abc'),'ascii')","b'x'.join([bytearray(b'a'),memoryview(b'b')])","bytes.fromhex('00 ff\\tAb')","bytearray.fromhex('0102')","bytes([1,2,3])","bytes((i for i in range(3)))","bytes(range(5))","'{:>{w}.{p}f}'.format(3.14159,w=10,p=2)","'{0[a]}{0[b].real}'.format({'a':1,'b':2})","'{a}{b}'.format_map({'a':1,'b':[2]})","'{0!s:>5}|{0!r:<6}|{1!a}'.format('x','é')","'{:{}}'.format('a','^5')","'%(a)s %(b)05d' % {'a':'x','b':3}","'%s' % (((1,2),),)","'%*.*f' % (10,2,3.14159)","'%-*d|' % (-6,3)","'%c%c' % (65,'é')","'%%%d%%' % 5","'%s%%' % 'a'", "'%.3r' % 'abcdef'", "'{:d}'.format(True)","'{!r}'.format('\\ud800')","'{:5}|{:<5}|{:^5}'.format(True,None.__class__.__name__,1.5)"]
for expression in out:
    show(expression)
