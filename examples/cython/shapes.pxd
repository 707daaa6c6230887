# cython: language_level=3
from libc.stdint cimport int8_t, uint16_t, uint64_t

ctypedef fused number:
    int
    long
    double

cpdef int inc(int x) except? -1
cpdef double add(double a, double b)
cpdef bint even(long n)
cpdef int truth(bint b)
cpdef float half(float x) noexcept
cpdef object same(object x)
cpdef str shown(str s)
cpdef long checked(long x) except -1
cpdef double power(double base, int exponent=*)
cpdef uint64_t mix(int8_t a, uint16_t b, uint64_t c) noexcept nogil
cpdef void store(int x) except *
cpdef int times(int a, int b) noexcept nogil
cpdef Py_ssize_t length(bytes b) except -1
cpdef double mean(list values) except? -1

cpdef number larger(number a, number b)
cpdef double scaled(number x, double by) except? -1

cdef class Account:
    cdef double total
    cpdef double push(self, double x)

cpdef double twice(Account account, double x) except? -1
