//! Text of floats: shortest round trip, fixed precision, and parsing. Used by `float`, `complex`, the format
//! language and `%`.

/// How a number is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// A sign also for positive numbers.
    pub plus: bool,
    /// Keep the decimal point and trailing zeros (`#`).
    pub alt: bool,
    /// Add `.0` if the result looks like an int.
    pub dot_zero: bool,
}

/// Decimal digits of a positive finite number and the position of the point: `0.d1d2d3... * 10**point`.
struct Digits {
    digits: String,
    point: i32,
}

impl Digits {
    fn of_exponent_text(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        Digits {
            digits,
            point: exponent.parse::<i32>().unwrap_or(0) + 1,
        }
    }

    /// Fewest digits that round-trip.
    fn shortest(f: f64) -> Digits {
        let d = Self::of_exponent_text(&format!("{f:e}"));
        let n = d.digits.len();
        if n < 16 {
            return d;
        }
        // Of two texts of the same length that are equally close, the even one is wanted; the standard library
        // rounds up. Only numbers with this many digits can lie half-way.
        let text = exponent_text(f, n - 1);
        if text.parse() == Ok(f) {
            Self::of_exponent_text(&text)
        } else {
            d
        }
    }

    /// Exactly `n` significant digits (at least one), correctly rounded.
    fn significant(f: f64, n: usize) -> Digits {
        Self::of_exponent_text(&exponent_text(f, n.max(1) - 1))
    }
}

/// Digits beyond which a double's decimal expansion is all zeros.
const MAX_DIGITS: usize = 1100;

/// `{:.n$e}` for any `n` (the standard library's limit is 65535 digits).
fn exponent_text(f: f64, n: usize) -> String {
    if n <= MAX_DIGITS {
        return format!("{f:.n$e}");
    }
    let text = format!("{f:.MAX_DIGITS$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}{}e{exponent}", "0".repeat(n - MAX_DIGITS))
}

fn fixed_text(f: f64, n: usize) -> String {
    if n <= MAX_DIGITS {
        return format!("{f:.n$}");
    }
    format!("{f:.MAX_DIGITS$}{}", "0".repeat(n - MAX_DIGITS))
}

/// `repr(f)`
pub fn repr(f: f64) -> String {
    format_float(
        f,
        'r',
        0,
        Style {
            dot_zero: true,
            ..Style::default()
        },
    )
}

/// Writes `f` in style `code` (one of `eEfFgGr`) with this precision; `r` is the shortest round trip.
pub fn format_float(f: f64, code: char, precision: usize, style: Style) -> String {
    let upper = code.is_ascii_uppercase();
    let sign = if f.is_nan() {
        if style.plus { "+" } else { "" }
    } else if f.is_sign_negative() {
        "-"
    } else if style.plus {
        "+"
    } else {
        ""
    };
    let magnitude = f.abs();
    let body = if f.is_nan() {
        "nan".to_owned()
    } else if f.is_infinite() {
        "inf".to_owned()
    } else {
        finite(magnitude, code.to_ascii_lowercase(), precision, style)
    };
    let text = format!("{sign}{body}");
    if upper {
        text.to_ascii_uppercase()
    } else {
        text
    }
}

fn finite(f: f64, code: char, precision: usize, style: Style) -> String {
    match code {
        'e' => {
            let text = exponent_text(f, precision);
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let dot = if precision == 0 && style.alt { "." } else { "" };
            format!(
                "{mantissa}{dot}{}",
                exponent_suffix(exponent.parse().unwrap_or(0))
            )
        }
        'f' => {
            let text = fixed_text(f, precision);
            if precision == 0 && style.alt {
                text + "."
            } else {
                text
            }
        }
        'g' => {
            let p = precision.max(1);
            let d = Digits::significant(f, p);
            general(d, p as i64 - i64::from(style.dot_zero), style, false)
        }
        _ => general(Digits::shortest(f), 16, style, true),
    }
}

fn exponent_suffix(e: i32) -> String {
    let sign = if e < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", e.abs())
}

/// Fixed notation for exponents in `-4 .. limit`, else scientific.
fn general(d: Digits, limit: i64, style: Style, repr: bool) -> String {
    let mut digits = d.digits;
    let e = i64::from(d.point) - 1;
    if !style.alt || repr {
        let kept = digits.trim_end_matches('0').len().max(1);
        digits.truncate(kept);
    }
    if e < -4 || e >= limit {
        let (first, rest) = digits.split_at(1);
        let dot = if !rest.is_empty() || style.alt {
            "."
        } else {
            ""
        };
        return format!("{first}{dot}{rest}{}", exponent_suffix(e as i32));
    }
    if e < 0 {
        return format!("0.{}{digits}", "0".repeat((-e - 1) as usize));
    }
    let int_len = e as usize + 1;
    if digits.len() <= int_len {
        let pad = "0".repeat(int_len - digits.len());
        let tail = if style.dot_zero {
            ".0"
        } else if style.alt {
            "."
        } else {
            ""
        };
        return format!("{digits}{pad}{tail}");
    }
    let (int, frac) = digits.split_at(int_len);
    format!("{int}.{frac}")
}

/// Parses the text of a float as `float()` does, without surrounding whitespace or underscores.
pub fn parse(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    if body.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return match body.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => Some(if negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }),
            "nan" => Some(if negative { -f64::NAN } else { f64::NAN }),
            _ => None,
        };
    }
    if !body
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    if !body.bytes().any(|b| b.is_ascii_digit()) || body.starts_with(['+', '-']) {
        return None;
    }
    text.parse().ok()
}

/// Removes underscores that stand between digits; None if one stands elsewhere.
pub fn strip_underscores(text: &str) -> Option<String> {
    let b = text.as_bytes();
    let mut out = String::with_capacity(b.len());
    for (i, &c) in b.iter().enumerate() {
        if c != b'_' {
            out.push(c as char);
            continue;
        }
        let digit = |j: Option<usize>| j.and_then(|j| b.get(j)).is_some_and(u8::is_ascii_digit);
        if !digit(i.checked_sub(1)) || !digit(Some(i + 1)) {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_like_python() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (1.5e300, "1.5e+300"),
            (0.1, "0.1"),
            (999999999876543.25, "999999999876543.2"),
            (999999999876543.75, "999999999876543.8"),
        ];
        for (f, text) in cases {
            assert_eq!(repr(f), text);
        }
    }

    #[test]
    fn general_like_python() {
        let g = |f, p| format_float(f, 'g', p, Style::default());
        assert_eq!(g(100000.0, 6), "100000");
        assert_eq!(g(1000000.0, 6), "1e+06");
        assert_eq!(g(0.0001, 6), "0.0001");
        assert_eq!(g(0.5, 0), "0.5");
        assert_eq!(format_float(2.5, 'f', 0, Style::default()), "2");
        assert_eq!(
            format_float(
                1.0,
                'g',
                3,
                Style {
                    alt: true,
                    ..Style::default()
                }
            ),
            "1.00"
        );
        assert_eq!(format_float(0.0, 'e', 2, Style::default()), "0.00e+00");
    }
}
