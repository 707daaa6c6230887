# cython: language_level=3
"""By Cython: cpdef where there are C types, def otherwise."""

def noargs():
    pass

def noop(x):
    pass

cpdef long long inc(long long x) noexcept:
    return <long long>(<unsigned long long>x + 1)

cpdef double add(double a, double b) noexcept:
    return a + b

cpdef double fma(double a, double b, double c) noexcept:
    return a * b + c

cpdef double keyword(double a, long long b=2) noexcept:
    return a * b

def text(str s):
    return len(s.encode())

def data(bytes b):
    return len(b)

cpdef long long raises(long long x) except? -1:
    if x == 13:
        raise ValueError("13 is not welcome")
    return x

cdef class Scaler:
    cdef double factor

    def __init__(self, double factor):
        self.factor = factor

    cpdef double scale(self, double x) noexcept:
        return x * self.factor
