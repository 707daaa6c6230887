"""Arithmetic, parsing and methods of int, float and complex on edge values."""


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
for f in floats+['3.14159','1e100','-7.25','1e-310','4.35','2.675','1234.5','-0.5','1.5','0.1+0.2','1e300*10','100.0']:
    for m in ['.hex()','.as_integer_ratio()','.is_integer()','.__round__()','.__round__(1)','.__round__(2)','.__round__(-1)','.__round__(-2)','.__round__(0)','.__int__()','.__floor__()','.__ceil__()','.__trunc__()','.__hash__()','.__repr__()','.real','.imag','.conjugate()','.__bool__()','.__neg__()','.__abs__()','.__getnewargs__()']:
        if 'nan' in f and 'hash' in m: continue
        out.append(f"({f}){m}")
    for op in ['+','-','*','/','//','%','**','<','==','>=']:
        for g in [R.choice(floats),str(R.choice(ints)),R.choice(floats)]: out.append(f"({f}) {op} ({g})"); out.append(f"({g}) {op} ({f})")
    out.append(f"divmod({f},{R.choice(floats)})")
for i in ints+[2**61-1,-(2**61-1),2**61,10**50,-3**70,42]:
    for m in ['.bit_length()','.bit_count()','.to_bytes(20,"big",signed=True)','.to_bytes(8,"little",signed=True)','.to_bytes(40)','.__round__(-1)','.__round__(-3)','.__round__(-25)','.__round__(2)','.__hash__()','.__float__()','.__sizeof__()','.__format__("x")','.as_integer_ratio()','.__neg__()','.__invert__()','.__abs__()','.__bool__()','.__index__()','.numerator','.__getnewargs__()','.__ceil__()']:
        out.append(f"({i}){m}")
    for op in ['+','-','*','/','//','%','&','|','^','<','==','>=','!=']:
        for j in R.sample(ints,4): out.append(f"({i}) {op} ({j})")
    for j in [0,1,3,64,100]: out.append(f"({i}) << {j}"); out.append(f"({i}) >> {j}")
    for j in [0,1,3,-1,-2]: out.append(f"({i}) ** {j}")
    for j in [7,-7,2**65,1]: out.append(f"pow({i},{R.choice([0,1,5,-1,2**70])},{j})")
    out.append(f"divmod({i},{R.choice(ints)})")
for t in ['0','-0','+1','1_000','0x1f','0b101','0o17','1e5','1.5',' 12 ','12\\n','\\u0663','0_0','00','012','0x_f','_','','+','z','Z9','1__0','1e','0b2','9'*30,'-'+'9'*40,'\\xa05','5\\x00','inf','nan','-inf','Infinity','1.e5','.5','.','1_0.0_1','1e1_0','1_e5','0x1p3','+.5e-3','1j','1+2j','-1-2j','j','+j','-j','1e3j','(1j)','( 1+1j )','((1j))','nan+infj','1-j','1+2','1 j','2jj','infj','-nanj','1e5+1e5j','+1+1j','1_0+2_0j','--1j','1+-2j','1e+5j', '1e-5-1e-5j']:
    for b in ['',',0',',2',',8',',10',',16',',36']: out.append(f"int('{t}'{b})")
    out.append(f"float('{t}')"); out.append(f"complex('{t}')"); out.append(f"int(b'{t}')" if all(ord(c)<128 for c in t) and '\\u' not in t else '1'); out.append(f"float.fromhex('{t}')")
for t in ['0x1.8p1','0x.8','0x8.','1','ff','0x1.fffffffffffff8p0','0x1.fffffffffffff7p0','0x1.0000000000000801p0','0x1p-1074','0x1p-1075','0x1.8p-1075','0x1.fffffffffffffp1023','0x1.fffffffffffff8p1023','0x1p1024','0x0p99999999999','-0x0p0','0x1p','0x1p+','0xp1','0x1.1.1',' 0x1 ','0X1P3','nan','-inf','0x'+'f'*60+'p-200','0x0.'+'0'*300+'1p1200']:
    out.append(f"float.fromhex('{t}')")
cs=['0j','1j','(1+2j)','(-1.5-2j)','complex("inf")','complex(0,float("nan"))','complex(-0.0,1)','(3+0j)','2','-2.5','1e200+1e200j']
for a in cs:
    for b in cs:
        for op in ['+','-','*','/','**','==','!=']: out.append(f"({a}) {op} ({b})")
    for e in ['abs({})','hash({})','repr({})','({}).conjugate()','bool({})','-({})']:
        if 'nan' in a and 'hash' in e: continue
        out.append(e.format(a))
    for b in cs: out.append(f"complex({a},{b})")
for expression in out:
    show(expression)
