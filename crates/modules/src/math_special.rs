//! Functions of `math` that Rust's floats do not have: gamma, error function, norms, neighbours.

use rivet_vm::types::float;

use crate::sysdep::libm;

/// Inverse hyperbolic cosine.
pub fn acosh(x: f64) -> f64 {
    libm::acosh(x)
}

/// Inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// Inverse hyperbolic tangent.
pub fn atanh(x: f64) -> f64 {
    libm::atanh(x)
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

const G: f64 = 6.024_680_040_776_729_583_740_234_375;
const G_MINUS_HALF: f64 = 5.524_680_040_776_729_583_740_234_375;
/// Lanczos' rational approximation (Boost's coefficients for 13 terms).
#[allow(clippy::excessive_precision)]
const NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];
const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
];

fn lanczos(x: f64) -> f64 {
    let (mut num, mut den) = (0.0, 0.0);
    if x < 5.0 {
        for i in (0..13).rev() {
            num = num * x + NUMERATOR[i];
            den = den * x + DENOMINATOR[i];
        }
    } else {
        for i in 0..13 {
            num = num / x + NUMERATOR[i];
            den = den / x + DENOMINATOR[i];
        }
    }
    num / den
}

/// `sin(pi * x)`, exact at integers.
fn sin_pi(x: f64) -> f64 {
    use std::f64::consts::PI;
    let y = x.abs() % 2.0;
    let r = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1f64.copysign(x) * r
}

/// The gamma function: exact for small integers.
pub fn gamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == 0.0 || x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x == x.floor() && (1.0..=23.0).contains(&x) {
        return (1..x as u64).fold(1.0, |a, i| a * i as f64);
    }
    let a = x.abs();
    if a < 1e-20 {
        return 1.0 / x;
    }
    if a > 200.0 {
        return if x < 0.0 {
            0.0 / sin_pi(x)
        } else {
            f64::INFINITY
        };
    }
    let y = a + G_MINUS_HALF;
    let z = if a > G_MINUS_HALF {
        (y - a) - G_MINUS_HALF
    } else {
        (y - G_MINUS_HALF) - a
    };
    let z = z * G / y;
    if x < 0.0 {
        let mut r = -std::f64::consts::PI / sin_pi(a) / a * y.exp() / lanczos(a);
        r -= z * r;
        if a < 140.0 {
            return r / y.powf(a - 0.5);
        }
        let root = y.powf(a / 2.0 - 0.25);
        return r / root / root;
    }
    let mut r = lanczos(a) / y.exp();
    r += z * r;
    if a < 140.0 {
        return r * y.powf(a - 0.5);
    }
    let root = y.powf(a / 2.0 - 0.25);
    r * root * root
}

/// Logarithm of the absolute value of the gamma function.
pub fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let a = x.abs();
    if a < 1e-20 {
        return -a.ln();
    }
    let mut r = lanczos(a).ln() - G;
    r += (a - 0.5) * ((a + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        r = 1.144_729_885_849_400_174_143_427_351_353_058_711_647
            - sin_pi(a).abs().ln()
            - a.ln()
            - r;
    }
    r
}

/// Cube root.
pub fn cbrt(x: f64) -> f64 {
    libm::cbrt(x)
}

/// IEEE remainder.
pub fn remainder(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return x + y;
    }
    if y.is_infinite() {
        return x;
    }
    let (ax, ay) = (x.abs(), y.abs());
    let m = ax % ay;
    let c = ay - m;
    let r = if m < c {
        m
    } else if m > c {
        -c
    } else {
        m - 2.0 * ((0.5 * (ax - m)) % ay)
    };
    1f64.copysign(x) * r
}

/// The neighbour of `x` towards `y`.
pub fn next_after(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if x == y {
        return y;
    }
    if x == 0.0 {
        return f64::from_bits(1).copysign(y);
    }
    let up = (y > x) == (x > 0.0);
    f64::from_bits(if up { x.to_bits() + 1 } else { x.to_bits() - 1 })
}

/// `x * 2**e`, rounded once.
pub fn ldexp(x: f64, e: i64) -> f64 {
    let (m, xe) = float::frexp(x);
    let e = e.saturating_add(i64::from(xe));
    if e > 1024 {
        return f64::INFINITY.copysign(x);
    }
    if e < -1075 {
        return 0f64.copysign(x);
    }
    // Two exact steps; only the last one may round.
    if e >= -1021 {
        m * 2f64.powi((e / 2) as i32) * 2f64.powi((e - e / 2) as i32)
    } else {
        m * 2f64.powi((e + 600) as i32) * 2f64.powi(-600)
    }
}

/// Euclidean norm of non-negative numbers, without overflow and nearly correctly rounded.
pub fn norm(xs: &[f64]) -> f64 {
    let max = xs.iter().copied().fold(0.0, f64::max);
    if xs.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if xs.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if max == 0.0 || xs.len() == 1 {
        return max;
    }
    let (_, e) = float::frexp(max);
    if e < -1021 {
        let tiny = f64::MIN_POSITIVE;
        let scaled: Vec<f64> = xs.iter().map(|x| x / tiny).collect();
        return tiny * norm(&scaled);
    }
    let scale = 2f64.powi(-e);
    let (mut sum, mut f1, mut f2) = (1.0, 0.0, 0.0);
    let mut add = |x: f64, sum: &mut f64| {
        let hi = x * x;
        let lo = x.mul_add(x, -hi);
        let s = *sum + hi;
        f1 += (*sum - s) + hi;
        f2 += lo;
        *sum = s;
    };
    for &x in xs {
        add(x * scale, &mut sum);
    }
    let mut h = (sum - 1.0 + (f1 + f2)).sqrt();
    let x = h;
    let hi = -x * x;
    let lo = (-x).mul_add(x, -hi);
    let s = sum + hi;
    f1 += (sum - s) + hi;
    f2 += lo;
    let rest = s - 1.0 + (f1 + f2);
    h += rest / (2.0 * h);
    h / scale
}
