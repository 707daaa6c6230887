"""By cffi in API mode: `calls_cffi_build.py` writes and compiles `_calls_cffi` in the folder it is run in."""
import cffi

ffi = cffi.FFI()
ffi.cdef("""
void noargs(void); long long inc(long long); double add(double, double); double fma3(double, double, double);
size_t text(const char *);
""")
ffi.set_source("_calls_cffi", """
#include <string.h>
static void noargs(void) {}
static long long inc(long long x) { return (long long)((unsigned long long)x + 1u); }
static double add(double a, double b) { return a + b; }
static double fma3(double a, double b, double c) { return a * b + c; }
static size_t text(const char *s) { return strlen(s); }
""")
ffi.compile(verbose=False)
with open("calls_cffi.py", "w") as f:
    f.write("from _calls_cffi import lib\nnoargs, inc, add, fma = lib.noargs, lib.inc, lib.add, lib.fma3\n")
