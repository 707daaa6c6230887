//! `math`.

use num_bigint::{BigInt, Sign};
use rivet_spec::BinaryOp;
use rivet_vm::exceptions::{PyResult, overflow_error, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::{Bound, check_count, keyword, split};
use rivet_vm::object::call::try_special;
use rivet_vm::object::spec::Method;
use rivet_vm::object::{number, protocol};
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::{float, int, str};
use rivet_vm::value::{Gc, Value};

use crate::math_special as special;

const DOMAIN: &str = "math domain error";
const RANGE: &str = "math range error";

/// Applies a function: NaN from a number is a domain error, infinity from a finite number a range error (or a
/// domain error where `can_overflow` is false).
fn real(v: Value, f: fn(f64) -> f64, can_overflow: bool) -> PyResult<Value> {
    let x = protocol::as_f64(v)?;
    let r = f(x);
    if r.is_nan() && !x.is_nan() {
        return Err(value_error(DOMAIN));
    }
    if r.is_infinite() && x.is_finite() {
        return Err(if can_overflow {
            overflow_error(RANGE)
        } else {
            value_error(DOMAIN)
        });
    }
    Ok(Value::float(r))
}

macro_rules! fun {
    ($name:literal, $f:expr, $over:literal, $doc:literal) => {
        Method::one($name, "($module, x, /)", |_, v| real(v, $f, $over), $doc)
    };
}

macro_rules! fun2 {
    ($name:literal, $f:expr, $doc:literal) => {
        Method::fast(
            $name,
            "($module, x, y, /)",
            |_, a| {
                check_count($name, a, 2, 2)?;
                let f: fn(f64, f64) -> PyResult<f64> = $f;
                f(protocol::as_f64(a[0])?, protocol::as_f64(a[1])?).map(Value::float)
            },
            $doc,
        )
    };
}

static METHODS: &[Method] = &[
    fun!(
        "acos",
        f64::acos,
        false,
        "Return the arc cosine (measured in radians) of x.\n\nThe result is between 0 and pi."
    ),
    fun!(
        "acosh",
        special::acosh,
        false,
        "Return the inverse hyperbolic cosine of x."
    ),
    fun!(
        "asin",
        f64::asin,
        false,
        "Return the arc sine (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."
    ),
    fun!(
        "asinh",
        special::asinh,
        false,
        "Return the inverse hyperbolic sine of x."
    ),
    fun!(
        "atan",
        f64::atan,
        false,
        "Return the arc tangent (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."
    ),
    fun!(
        "atanh",
        special::atanh,
        false,
        "Return the inverse hyperbolic tangent of x."
    ),
    fun!("cbrt", special::cbrt, false, "Return the cube root of x."),
    fun!(
        "cos",
        f64::cos,
        false,
        "Return the cosine of x (measured in radians)."
    ),
    fun!(
        "cosh",
        f64::cosh,
        true,
        "Return the hyperbolic cosine of x."
    ),
    fun!("exp", f64::exp, true, "Return e raised to the power of x."),
    fun!(
        "exp2",
        f64::exp2,
        true,
        "Return 2 raised to the power of x."
    ),
    fun!(
        "expm1",
        f64::exp_m1,
        true,
        "Return exp(x)-1.\n\nThis function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x."
    ),
    fun!(
        "fabs",
        f64::abs,
        false,
        "Return the absolute value of the float x."
    ),
    fun!(
        "log1p",
        f64::ln_1p,
        false,
        "Return the natural logarithm of 1+x (base e).\n\nThe result is computed in a way which is accurate for x near zero."
    ),
    fun!(
        "sin",
        f64::sin,
        false,
        "Return the sine of x (measured in radians)."
    ),
    fun!("sinh", f64::sinh, true, "Return the hyperbolic sine of x."),
    fun!("sqrt", f64::sqrt, false, "Return the square root of x."),
    fun!(
        "tan",
        f64::tan,
        false,
        "Return the tangent of x (measured in radians)."
    ),
    fun!(
        "tanh",
        f64::tanh,
        false,
        "Return the hyperbolic tangent of x."
    ),
    fun!("erf", special::erf, false, "Error function at x."),
    fun!(
        "erfc",
        special::erfc,
        false,
        "Complementary error function at x."
    ),
    Method::one(
        "gamma",
        "($module, x, /)",
        |_, v| {
            let x = protocol::as_f64(v)?;
            if x == f64::NEG_INFINITY || (x.is_finite() && x <= 0.0 && x == x.floor()) {
                return Err(value_error(DOMAIN));
            }
            real(v, special::gamma, true)
        },
        "Gamma function at x.",
    ),
    Method::one(
        "lgamma",
        "($module, x, /)",
        |_, v| {
            let x = protocol::as_f64(v)?;
            if x.is_finite() && x <= 0.0 && x == x.floor() {
                return Err(value_error(DOMAIN));
            }
            real(v, special::lgamma, true)
        },
        "Natural logarithm of absolute value of Gamma function at x.",
    ),
    fun2!(
        "atan2",
        |y, x| Ok(y.atan2(x)),
        "Return the arc tangent (measured in radians) of y/x.\n\nUnlike atan(y/x), the signs of both x and y are considered."
    ),
    fun2!(
        "copysign",
        |x, y| Ok(x.copysign(y)),
        "Return a float with the magnitude (absolute value) of x but the sign of y.\n\nOn platforms that support signed zeros, copysign(1.0, -0.0)\nreturns -1.0.\n"
    ),
    fun2!(
        "fmod",
        |x, y| {
            if y.is_infinite() && x.is_finite() {
                return Ok(x);
            }
            nan_check(x % y, x, y)
        },
        "Return fmod(x, y), according to platform C.\n\nx % y may differ."
    ),
    fun2!(
        "remainder",
        |x, y| {
            if x.is_infinite() && !y.is_nan() || (y == 0.0 && !x.is_nan()) {
                return Err(value_error(DOMAIN));
            }
            Ok(special::remainder(x, y))
        },
        "Difference between x and the closest integer multiple of y.\n\nReturn x - n*y where n*y is the closest integer multiple of y.\nIn the case where x is exactly halfway between two multiples of\ny, the nearest even value of n is used. The result is always exact."
    ),
    fun2!("pow", pow, "Return x**y (x to the power of y)."),
    fun2!(
        "nextafter",
        |x, y| Ok(special::next_after(x, y)),
        "Return the next floating-point value after x towards y."
    ),
    Method::one(
        "ulp",
        "($module, x, /)",
        |_, v| {
            let x = protocol::as_f64(v)?.abs();
            if !x.is_finite() {
                return Ok(Value::float(x));
            }
            let next = special::next_after(x, f64::INFINITY);
            Ok(Value::float(if next.is_infinite() {
                x - special::next_after(x, f64::NEG_INFINITY)
            } else {
                next - x
            }))
        },
        "Return the value of the least significant bit of the float x.",
    ),
    Method::one(
        "ceil",
        "($module, x, /)",
        |_, v| rounded(v, f64::ceil, name!("__ceil__")),
        "Return the ceiling of x as an Integral.\n\nThis is the smallest integer >= x.",
    ),
    Method::one(
        "floor",
        "($module, x, /)",
        |_, v| rounded(v, f64::floor, name!("__floor__")),
        "Return the floor of x as an Integral.\n\nThis is the largest integer <= x.",
    ),
    Method::one(
        "trunc",
        "($module, x, /)",
        |_, v| {
            if let Some(f) = v.as_exact_float() {
                return to_int(f.trunc());
            }
            match try_special(v, name!("__trunc__"), &[])? {
                Some(r) => Ok(r),
                None => Err(type_error(format!(
                    "type {} doesn't define __trunc__ method",
                    v.type_of().name_string()
                ))),
            }
        },
        "Truncates the Real x to the nearest Integral toward 0.\n\nUses the __trunc__ magic method.",
    ),
    Method::one(
        "degrees",
        "($module, x, /)",
        |_, v| {
            Ok(Value::float(
                protocol::as_f64(v)? * (180.0 / std::f64::consts::PI),
            ))
        },
        "Convert angle x from radians to degrees.",
    ),
    Method::one(
        "radians",
        "($module, x, /)",
        |_, v| {
            Ok(Value::float(
                protocol::as_f64(v)? * (std::f64::consts::PI / 180.0),
            ))
        },
        "Convert angle x from degrees to radians.",
    ),
    Method::one(
        "isfinite",
        "($module, x, /)",
        |_, v| Ok(Value::bool(protocol::as_f64(v)?.is_finite())),
        "Return True if x is neither an infinity nor a NaN, and False otherwise.",
    ),
    Method::one(
        "isinf",
        "($module, x, /)",
        |_, v| Ok(Value::bool(protocol::as_f64(v)?.is_infinite())),
        "Return True if x is a positive or negative infinity, and False otherwise.",
    ),
    Method::one(
        "isnan",
        "($module, x, /)",
        |_, v| Ok(Value::bool(protocol::as_f64(v)?.is_nan())),
        "Return True if x is a NaN (not a number), and False otherwise.",
    ),
    Method::one(
        "frexp",
        "($module, x, /)",
        |_, v| {
            let x = protocol::as_f64(v)?;
            let (m, e) = if x == 0.0 || !x.is_finite() {
                (x, 0)
            } else {
                float::frexp(x)
            };
            tuple::new(&[Value::float(m), Value::int(e.into())])
        },
        "Return the mantissa and exponent of x, as pair (m, e).\n\nm is a float and e is an int, such that x = m * 2.**e.\nIf x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.",
    ),
    Method::fast(
        "ldexp",
        "($module, x, i, /)",
        ldexp,
        "Return x * (2**i).\n\nThis is essentially the inverse of frexp().",
    ),
    Method::one(
        "modf",
        "($module, x, /)",
        |_, v| {
            let x = protocol::as_f64(v)?;
            let (f, i) = if x.is_infinite() {
                (0f64.copysign(x), x)
            } else {
                ((x - x.trunc()).copysign(x), x.trunc())
            };
            tuple::new(&[Value::float(f), Value::float(i)])
        },
        "Return the fractional and integer parts of x.\n\nBoth results carry the sign of x and are floats.",
    ),
    Method::fast(
        "log",
        "",
        |_, a| {
            check_count("log", a, 1, 2)?;
            let x = log_of(a[0], f64::ln)?;
            let Some(&base) = a.get(1) else {
                return Ok(Value::float(x));
            };
            number::binary(
                BinaryOp::TrueDiv,
                Value::float(x),
                Value::float(log_of(base, f64::ln)?),
            )
        },
        "log(x, [base=math.e])\nReturn the logarithm of x to the given base.\n\nIf the base not specified, returns the natural logarithm (base e) of x.",
    ),
    Method::one(
        "log2",
        "($module, x, /)",
        |_, v| log_of(v, f64::log2).map(Value::float),
        "Return the base 2 logarithm of x.",
    ),
    Method::one(
        "log10",
        "($module, x, /)",
        |_, v| log_of(v, f64::log10).map(Value::float),
        "Return the base 10 logarithm of x.",
    ),
    Method::one(
        "factorial",
        "($module, x, /)",
        |_, v| factorial(v),
        "Find x!.\n\nRaise a ValueError if x is negative or non-integral.",
    ),
    Method::fast(
        "gcd",
        "($module, *integers)",
        |_, a| {
            let mut r = BigInt::from(0);
            for &v in a {
                r = gcd(r, big(v)?);
            }
            int::from_big(&r)
        },
        "Greatest Common Divisor.",
    ),
    Method::fast(
        "lcm",
        "($module, *integers)",
        |_, a| {
            let mut r = BigInt::from(1);
            for &v in a {
                let b = big(v)?;
                let g = gcd(r.clone(), b.clone());
                r = if g.sign() == Sign::NoSign {
                    g
                } else {
                    r / g * b
                };
                r = BigInt::from(r.magnitude().clone());
            }
            int::from_big(&r)
        },
        "Least Common Multiple.",
    ),
    Method::one(
        "isqrt",
        "($module, n, /)",
        |_, v| {
            let n = big(v)?;
            if n.sign() == Sign::Minus {
                return Err(value_error("isqrt() argument must be nonnegative"));
            }
            int::from_big(&n.sqrt())
        },
        "Return the integer part of the square root of the input.",
    ),
    Method::fast(
        "comb",
        "($module, n, k, /)",
        |_, a| {
            check_count("comb", a, 2, 2)?;
            comb(a[0], a[1])
        },
        "Number of ways to choose k items from n items without repetition and without order.\n\nEvaluates to n! / (k! * (n - k)!) when k <= n and evaluates\nto zero when k > n.",
    ),
    Method::fast(
        "perm",
        "($module, n, k=None, /)",
        |_, a| {
            check_count("perm", a, 1, 2)?;
            match a.get(1).copied().and_then(Value::not_none) {
                None => factorial(a[0]),
                Some(k) => perm(a[0], k),
            }
        },
        "Number of ways to choose k items from n items without repetition and with order.\n\nEvaluates to n! / (n - k)! when k <= n and evaluates\nto zero when k > n.\n\nIf k is not specified or is None, then k defaults to n\nand the function returns n!.",
    ),
    Method::one(
        "fsum",
        "($module, seq, /)",
        |_, v| fsum(v),
        "Return an accurate floating point sum of values in the iterable seq.\n\nAssumes IEEE-754 floating point arithmetic.",
    ),
    Method::fastkw(
        "prod",
        "($module, iterable, /, *, start=1)",
        prod,
        "Calculate the product of all the elements in the input iterable.\n\nThe default start value for the product is 1.\n\nWhen the iterable is empty, return the start value.  This function is\nintended specifically for use with numeric values and may reject\nnon-numeric types.",
    ),
    Method::fast(
        "dist",
        "($module, p, q, /)",
        |_, a| {
            check_count("dist", a, 2, 2)?;
            let (p, q) = (protocol::to_tuple(a[0])?, protocol::to_tuple(a[1])?);
            if p.len() != q.len() {
                return Err(value_error(
                    "both points must have the same number of dimensions",
                ));
            }
            let mut d = Vec::new();
            for (&x, &y) in p.items().iter().zip(q.items()) {
                d.push((protocol::as_f64(x)? - protocol::as_f64(y)?).abs());
            }
            Ok(Value::float(special::norm(&d)))
        },
        "Return the Euclidean distance between two points p and q.\n\nThe points should be specified as sequences (or iterables) of\ncoordinates.  Both inputs must have the same dimension.\n\nRoughly equivalent to:\n    sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))",
    ),
    Method::fast(
        "hypot",
        "",
        |_, a| {
            let mut d = Vec::new();
            for &x in a {
                d.push(protocol::as_f64(x)?.abs());
            }
            Ok(Value::float(special::norm(&d)))
        },
        "hypot(*coordinates) -> value\n\nMultidimensional Euclidean distance from the origin to a point.",
    ),
    Method::bound(
        "isclose",
        "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)",
        isclose,
        "Determine whether two floating point numbers are close in value.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add(
        "__doc__",
        str::new(
            "This module provides access to the mathematical functions\ndefined by the C standard.",
        )?,
    )?;
    m.add_functions(METHODS)?;
    m.add("pi", Value::float(std::f64::consts::PI))?;
    m.add("e", Value::float(std::f64::consts::E))?;
    m.add("tau", Value::float(std::f64::consts::TAU))?;
    m.add("inf", Value::float(f64::INFINITY))?;
    m.add("nan", Value::float(f64::NAN))
}

fn nan_check(r: f64, x: f64, y: f64) -> PyResult<f64> {
    if r.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(value_error(DOMAIN));
    }
    Ok(r)
}

fn pow(x: f64, y: f64) -> PyResult<f64> {
    let r = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if r.is_nan() {
            return Err(value_error(DOMAIN));
        }
        if r.is_infinite() {
            return Err(if x == 0.0 {
                value_error(DOMAIN)
            } else {
                overflow_error(RANGE)
            });
        }
    }
    Ok(r)
}

fn to_int(f: f64) -> PyResult<Value> {
    if f.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(overflow_error("cannot convert float infinity to integer"));
    }
    if f.abs() < 4e18 {
        return Ok(Value::int(f as i64));
    }
    let (m, e) = float::frexp(f);
    let m = (m * (1u64 << 53) as f64) as i64;
    int::from_big(&(BigInt::from(m) << (e - 53) as usize))
}

fn rounded(v: Value, f: fn(f64) -> f64, name: Gc<str::Str>) -> PyResult<Value> {
    if let Some(x) = v.as_exact_float() {
        return to_int(f(x));
    }
    match try_special(v, name, &[])? {
        Some(r) => Ok(r),
        None => to_int(f(protocol::as_f64(v)?)),
    }
}

fn ldexp(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("ldexp", a, 2, 2)?;
    let x = protocol::as_f64(a[0])?;
    if !int::is_int(a[1]) {
        return Err(type_error("Expected an int as second argument to ldexp."));
    }
    let e = int::to_i64(a[1]).unwrap_or(if int::compare_sign(a[1]) < 0 {
        i64::MIN
    } else {
        i64::MAX
    });
    if x == 0.0 || !x.is_finite() {
        return Ok(Value::float(x));
    }
    let r = special::ldexp(x, e);
    if r.is_infinite() {
        return Err(overflow_error(RANGE));
    }
    Ok(Value::float(r))
}

fn big(v: Value) -> PyResult<BigInt> {
    let i = protocol::index(v)?;
    int::to_big(i).ok_or_else(|| type_error("an integer is required"))
}

fn gcd(a: BigInt, b: BigInt) -> BigInt {
    let (mut a, mut b) = (a.magnitude().clone(), b.magnitude().clone());
    while b.bits() > 0 {
        let r = &a % &b;
        a = b;
        b = r;
    }
    BigInt::from(a)
}

fn log_of(v: Value, f: fn(f64) -> f64) -> PyResult<f64> {
    if int::is_int(v) {
        let b = int::to_big(v).unwrap_or_default();
        if b.sign() != Sign::Plus {
            return Err(value_error(DOMAIN));
        }
        if let Some(x) = int::to_f64(v).filter(|x| x.is_finite()) {
            return Ok(f(x));
        }
        let shift = b.bits() - 64;
        let top = int::big_to_f64(&(b >> shift as usize));
        return Ok(f(top) + f(2.0) * shift as f64);
    }
    let x = protocol::as_f64(v)?;
    if x.is_nan() || x == f64::INFINITY {
        return Ok(x);
    }
    if x <= 0.0 {
        return Err(value_error(DOMAIN));
    }
    Ok(f(x))
}

/// The product `from * ... * to`.
fn range_product(from: u64, to: u64) -> BigInt {
    if from > to {
        return BigInt::from(1);
    }
    if to - from < 8 {
        return (from..=to).fold(BigInt::from(1), |a, b| a * b);
    }
    let mid = from + (to - from) / 2;
    range_product(from, mid) * range_product(mid + 1, to)
}

fn factorial(v: Value) -> PyResult<Value> {
    let n = protocol::index(v)?;
    if int::compare_sign(n) < 0 {
        return Err(value_error("factorial() not defined for negative values"));
    }
    match int::to_i64(n) {
        Some(n) => int::from_big(&range_product(1, n as u64)),
        None => Err(overflow_error(format!(
            "factorial() argument should not exceed {}",
            i64::MAX
        ))),
    }
}

/// `n` and `k`, checked not to be negative.
fn two(n: Value, k: Value) -> PyResult<(BigInt, BigInt)> {
    let (n, k) = (big(n)?, big(k)?);
    if n.sign() == Sign::Minus {
        return Err(value_error("n must be a non-negative integer"));
    }
    if k.sign() == Sign::Minus {
        return Err(value_error("k must be a non-negative integer"));
    }
    Ok((n, k))
}

fn falling(n: &BigInt, k: u64) -> BigInt {
    match u64::try_from(n) {
        Ok(n) => range_product(n - k + 1, n),
        Err(_) => (0..k).fold(BigInt::from(1), |a, i| a * (n - i)),
    }
}

fn perm(n: Value, k: Value) -> PyResult<Value> {
    let (n, k) = two(n, k)?;
    if n < k {
        return Ok(Value::int(0));
    }
    let k =
        u64::try_from(&k).map_err(|_| overflow_error(format!("k must not exceed {}", i64::MAX)))?;
    int::from_big(&falling(&n, k))
}

fn comb(n: Value, k: Value) -> PyResult<Value> {
    let (n, k) = two(n, k)?;
    if n < k {
        return Ok(Value::int(0));
    }
    let other = &n - &k;
    let k = k.min(other);
    let k = u64::try_from(&k)
        .map_err(|_| overflow_error(format!("min(n - k, k) must not exceed {}", i64::MAX)))?;
    int::from_big(&(falling(&n, k) / range_product(1, k)))
}

fn fsum(v: Value) -> PyResult<Value> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special_sum, mut inf_sum) = (0.0, 0.0);
    let it = protocol::iter(v)?;
    while let Some(item) = protocol::next(it)? {
        let given = protocol::as_f64(item)?;
        let mut x = given;
        let mut kept = 0;
        for j in 0..partials.len() {
            let mut y = partials[j];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let hi = x + y;
            let lo = y - (hi - x);
            if lo != 0.0 {
                partials[kept] = lo;
                kept += 1;
            }
            x = hi;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                if given.is_finite() {
                    return Err(overflow_error("intermediate overflow in fsum"));
                }
                if given.is_infinite() {
                    inf_sum += given;
                }
                special_sum += given;
                partials.clear();
            } else {
                partials.push(x);
            }
        }
    }
    if special_sum != 0.0 {
        if inf_sum.is_nan() {
            return Err(value_error("-inf + inf in fsum"));
        }
        return Ok(Value::float(special_sum));
    }
    let Some(mut hi) = partials.pop() else {
        return Ok(Value::float(0.0));
    };
    let mut lo = 0.0;
    while let Some(y) = partials.pop() {
        let x = hi;
        hi = x + y;
        lo = y - (hi - x);
        if lo != 0.0 {
            break;
        }
    }
    if let Some(&next) = partials.last()
        && ((lo < 0.0 && next < 0.0) || (lo > 0.0 && next > 0.0))
    {
        let y = lo * 2.0;
        let x = hi + y;
        if y == x - hi {
            hi = x;
        }
    }
    Ok(Value::float(hi))
}

fn prod(_m: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, _) = split(args, kw);
    if pos.len() != 1 {
        return Err(type_error(format!(
            "prod() takes exactly 1 positional argument ({} given)",
            pos.len()
        )));
    }
    let mut acc = keyword(args, kw, "start").unwrap_or(Value::int(1));
    let it = protocol::iter(pos[0])?;
    while let Some(v) = protocol::next(it)? {
        acc = number::binary(BinaryOp::Mul, acc, v)?;
    }
    Ok(acc)
}

fn isclose(_m: Value, b: Bound) -> PyResult<Value> {
    let get = |i: usize, default: f64| b[i].map_or(Ok(default), protocol::as_f64);
    let (x, y, rel, abs) = (get(0, 0.0)?, get(1, 0.0)?, get(2, 1e-9)?, get(3, 0.0)?);
    if rel < 0.0 || abs < 0.0 {
        return Err(value_error("tolerances must be non-negative"));
    }
    if x == y {
        return Ok(Value::TRUE);
    }
    if x.is_infinite() || y.is_infinite() {
        return Ok(Value::FALSE);
    }
    let diff = (y - x).abs();
    Ok(Value::bool(
        diff <= (rel * y).abs() || diff <= (rel * x).abs() || diff <= abs,
    ))
}
