"""math, operator, statistics, fractions, decimal, heapq, bisect in short."""
import bisect
import decimal
import fractions
import heapq
import math
import operator
import statistics

print(math.gcd(12, 18, 8), math.lcm(4, 6), math.factorial(20), math.comb(10, 3), math.perm(5, 2), math.isqrt(99), math.prod([1, 2, 3.5]), math.dist((0, 0), (3, 4)), math.fsum([0.1] * 10), math.hypot(3, 4, 12), math.cbrt(27), math.exp2(3), math.log2(1024), math.log10(1000), math.log(8, 2), math.log1p(1e-10), math.expm1(1e-10))
print(math.modf(-2.5), math.frexp(10), math.ldexp(0.5, 5), math.copysign(3, -0.0), math.fmod(-7, 3), math.remainder(7, 4), math.isclose(0.1 + 0.2, 0.3), math.nextafter(1, 2), math.ulp(1), math.degrees(math.pi), math.radians(180), math.erf(0.5), math.gamma(5), math.lgamma(10), math.tau, math.e, math.isfinite(math.inf), math.isnan(math.nan), math.trunc(-2.7), math.ceil(2.1), math.floor(-2.1))
for f in (lambda: math.sqrt(-1), lambda: math.log(0), lambda: math.factorial(-1), lambda: math.factorial(1.5), lambda: math.gcd(1.5), lambda: math.acos(2), lambda: math.exp(1000), lambda: math.sqrt("x"), lambda: math.comb(-1, 2), lambda: math.isqrt(-1), lambda: math.floor("a"), lambda: math.pow(0, -1), lambda: math.fmod(1, 0), lambda: math.log(10 ** 400), lambda: math.ldexp(1, 10000), lambda: math.dist((1,), (1, 2)), lambda: math.sin()):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
print(operator.add(1, 2), operator.itemgetter(1, 0)("ab"), operator.itemgetter(1)([5, 6]), operator.attrgetter("real", "imag")(1 + 2j), operator.attrgetter("__class__.__name__")(5), operator.methodcaller("split", ",")("a,b"), operator.truth([]), operator.contains([1], 1), operator.countOf("aab", "a"), operator.indexOf("abc", "c"), operator.concat("a", "b"), operator.iadd([1], [2]), operator.not_(0), operator.is_(None, None), operator.index(5), operator.pos(-1), operator.inv(5), operator.lt(1, 2), operator.getitem({1: 2}, 1), operator.call(max, 1, 2))
print(repr(operator.itemgetter(1)), repr(operator.attrgetter("a.b")), repr(operator.methodcaller("m", 1, k=2)))
h = [5, 3, 8, 1]
heapq.heapify(h)
heapq.heappush(h, 0)
print([heapq.heappop(h) for _ in range(3)], heapq.nlargest(2, [1, 5, 3]), heapq.nsmallest(2, "hello", key=ord), list(heapq.merge([1, 4], [2, 3], reverse=False)), heapq.heappushpop(h, 9), heapq.heapreplace(h, 2), h)
a = [1, 3, 3, 5]
bisect.insort(a, 4)
print(bisect.bisect_left(a, 3), bisect.bisect(a, 3), bisect.bisect_left(a, 10, 0, 2), a, bisect.bisect("abc", 2, key=lambda c: ord(c) - 97))
F = fractions.Fraction
print(F(1, 3) + F(1, 6), F("0.125"), F(0.5), F(3, 4) ** 2, F(7, 2) // 1, round(F(7, 3), 1), F(1, 3) < 0.34, F(22, 7).limit_denominator(5), hash(F(1, 2)) == hash(0.5), F(-6, 4), repr(F(5)), float(F(1, 8)))
D = decimal.Decimal
decimal.getcontext().prec = 20
print(D("1.1") + D("2.2"), D(1) / D(3), D("1E+3"), D("10").sqrt(), D("1.25").quantize(D("0.1")), D("-0"), D("NaN"), D(2) ** 100, round(D("2.5")), f"{D('1234.5'):,.2f}", D("1.0") == 1, D("3.7") % 1, D(0.1))
print(statistics.mean([1, 2, 4]), statistics.median([3, 1, 2, 4]), statistics.mode("aab"), statistics.stdev([1, 2, 3, 4]), statistics.fmean([1, 2]), statistics.quantiles([1, 2, 3, 4]), statistics.pvariance([1, 2, 3]))
