# Events of sys.settrace and sys.setprofile.
import sys
ev=[]
TRY=14
def tr(f,e,a):
    if f.f_code.co_filename!=__file__ or (e=='line' and f.f_lineno==TRY): return None
    ev.append((e,f.f_code.co_name,f.f_lineno, a[0].__name__ if e=='exception' else a))
    return tr
def g(n):
    for i in range(n):
        yield i
    return 5
def h(x):
    try:
        1/x
    except ZeroDivisionError:
        y=2
    finally:
        z=3
    while x<2:
        x+=1
    return y
def k():
    raise ValueError
def m(): return 7
class C:
    def __init__(self): self.a=1
def main():
    list(g(2))
    h(0)
    try: k()
    except ValueError: pass
    m(); C(); (lambda: 3)()
    [q for q in (1,2)]
    class D:
        x = 1
    with open('/dev/null') as f:
        pass
    return None
sys.settrace(tr); main(); sys.settrace(None)
for e in ev: print(e)
ev.clear()
def pr(f,e,a):
    if f.f_code.co_filename==__file__ and not e.startswith('c_'): ev.append((e,f.f_code.co_name))
sys.setprofile(pr); main(); sys.setprofile(None)
for e in ev: print(e)
def bad(f,e,a): raise KeyError('x')
sys.settrace(bad)
try: main()
except KeyError as e: print('KeyError', e, sys.gettrace())
