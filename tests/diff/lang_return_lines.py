"""The line on which a function without a return at its end returns."""
import dis
def lines(src):
    ns={}
    exec(src, ns)
    import sys
    ev=[]
    f=ns['f']
    def tr(fr,e,a):
        if fr.f_code.co_name=='f': ev.append((e[0],fr.f_lineno))
        return tr
    sys.settrace(tr)
    try: f()
    finally: sys.settrace(None)
    return ev
for s in ['def f():\n for i in range(1):\n  if i:\n   pass\n','def f():\n x=0\n while x<1:\n  x+=1\n','def f():\n if 0==1:\n  pass\n','def f():\n if 1==1:\n  a=1\n else:\n  a=2\n','def f():\n with open("/dev/null") as g:\n  a=1\n','def f():\n try:\n  a=1\n except E:\n  pass\n','def f():\n try:\n  1/0\n except Exception:\n  b=1\n','def f():\n for i in (1,2):\n  a=1\n else:\n  b=1\n','def f():\n try:\n  a=1\n finally:\n  b=1\n','def f():\n match 1:\n  case 2:\n   a=1\n  case 3:\n   b=1\n', 'def f():\n while True:\n  break\n','def f():\n for i in (1,):\n  if i: continue\n  b=1\n']:
    print(lines(s))
