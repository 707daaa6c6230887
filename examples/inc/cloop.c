/* The yardstick of the demo: C calling the seed function through a pointer. Prints nanoseconds per call. */
#include <stdio.h>
#include <time.h>

__attribute__((noinline)) static long inc(long x) { return x + 1; }

int main(void) {
    long (*volatile pointer)(long) = inc;
    long (*f)(long) = pointer;
    const long n = 200000000;
    struct timespec a, b;
    long i = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    while (i < n) i = f(i);
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.4f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n);
    return i == n ? 0 : 1;
}
