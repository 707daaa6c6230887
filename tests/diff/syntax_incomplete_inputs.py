# Which interactive input is complete, and what is told of input that is not.
import codeop
for s in ["if 1:\n  pass", "if 1:\n  pass\n","if 1:\n  pass\n\n","if 1: pass","if 1: pass\n","if 1: pass\n\n","def f():\n x\n # c","def f():\n x\n # c\n","def f():\n x\n\n # c\n","if 1:\n  if 2:\n    x\n  y","x","x\n","@d\ndef f(): pass","class A:\n  x\n y","try:\n x\nexcept: pass","try:\n x\nfinally:\n y\n","for x in y:\n  z\nelse: a", "with a: b", "if 1:\n pass\n#x", "if 1:\n pass\n#x\n", "match x:\n case 1: pass", "match x:\n case 1: pass\n","if 1:\n  pass\n  ", "if 1:\n  pass\n  \n"]:
    r=[]
    for f in (0,0x200,0x4000,0x4200):
        try: compile(s,"f","single",f); r.append("ok")
        except SyntaxError as e: r.append(str(e.args))
    try: c=codeop.compile_command(s) is not None
    except SyntaxError as e: c=str(e)
    print(repr(s),r,c)
for s in ["(","(\n","f(a,\n b","x = \\","x = \\\n","'''a","'''a\nb\n","if 1:","if 1:\n","def f(","class","x +","x +\n","for","@d","@d\n","try:\n x\n","if 1:\n  x\nelse:", "[1,\n2","a = {", "lambda:", "not", "import", "from a import", "from a import (", "", "\n", "# c", "while 1", "try:\n x", "if a:\n  b\n  if c:\n","def f():\n  '''a", "a = 'a\\\n", "a = 'a\\", "a = 'a", "a = 'a\n"]:
    r=[]
    for f in (0,0x4000,0x4200):
        try: compile(s,"f","single",f); r.append("ok")
        except SyntaxError as e: r.append(str(e.args))
    print(repr(s),r)
