# "Did you mean": names near the missing one.
import sys
class A:
    bluch=1; Blech=2
def show(f):
    try: f()
    except BaseException:
        sys.stderr=sys.stdout
        sys.__excepthook__(*sys.exc_info())
def f():
    number_of=1
    numbr_of
def g(): A().blech
def h(): prnt(3)
def k():
    try: A().bluc
    except AttributeError as e: raise NameError("x") from e
def l(): sys.stdot
def m(): globl_thing
global_thing=3
for x in (f,g,h,k,l,m): show(x)
def z():
    try:
        1/0
    finally:
        x=1
try: z()
except ZeroDivisionError as e: print(e.__traceback__.tb_next.tb_frame.f_lineno)
