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

/// The gamma function: exact for small integers.
pub fn gamma(x: f64) -> f64 {
    if x.is_finite() && x == x.floor() && (1.0..=23.0).contains(&x) {
        return (1..x as u64).fold(1.0, |a, i| a * i as f64);
    }
    if x == 0.0 {
        return f64::NAN;
    }
    libm::tgamma(x)
}

/// Logarithm of the absolute value of the gamma function.
pub fn lgamma(x: f64) -> f64 {
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    libm::lgamma(x)
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
