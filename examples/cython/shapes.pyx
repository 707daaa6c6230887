# cython: language_level=3
"""Functions of the kinds that Rivet mines from Cython modules, and of the kinds that it does not."""
from libc.stdint cimport int8_t, uint16_t, uint64_t


cpdef int inc(int x) except? -1:
    return x + 1


cpdef double add(double a, double b):
    return a + b


cpdef bint even(long n):
    return n % 2 == 0


cpdef int truth(bint b):
    return 10 if b else 20


cpdef float half(float x) noexcept:
    return x / 2


cpdef object same(object x):
    return x


cpdef str shown(str s):
    return "<" + s + ">"


cpdef long checked(long x) except -1:
    if x < 0:
        raise ValueError(f"negative: {x}")
    return x * 2 - 1 if x else -x


cpdef double power(double base, int exponent=2):
    cdef double r = 1
    cdef int i
    for i in range(exponent if exponent < 100 else 100):
        r *= base
    return r


cpdef uint64_t mix(int8_t a, uint16_t b, uint64_t c) noexcept nogil:
    return <uint64_t>a + b + c


cpdef void store(int x) except *:
    if x == 13:
        raise KeyError(x)


cpdef int times(int a, int b) noexcept nogil:
    return <int>(<unsigned int>a * <unsigned int>b)


cpdef Py_ssize_t length(bytes b) except -1:
    return len(b)


cpdef double mean(list values) except? -1:
    cdef double total = 0
    for v in values:
        total += v
    return total / len(values)


cpdef number larger(number a, number b):
    return a if a > b else b


cpdef double scaled(number x, double by) except? -1:
    if by == 13:
        raise ValueError("thirteen")
    return x * by


cdef class Account:
    def __init__(self, double start=0):
        self.total = start

    cpdef double push(self, double x):
        self.total += x
        return self.total


cpdef double twice(Account account, double x) except? -1:
    if account is None:
        raise TypeError("no account")
    account.push(x)
    return account.push(x)
