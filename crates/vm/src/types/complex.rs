//! `complex`: the object, arithmetic, parsing and text.

use std::cell::Cell;

use rivet_heap::Header;
use rivet_spec::CompareOp;

use crate::exceptions::{
    PyResult, Raised, no_memory, overflow_error, type_error, value_error, zero_division_error,
};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::call::try_special;
use crate::object::protocol;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, instance};
use crate::types::float_text::{Style, format_float, parse, strip_underscores};
use crate::types::int::{self, text::number_text};
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::types::{float, float_methods};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Value};

/// A complex number.
#[repr(C)]
pub struct Complex {
    header: Header,
    re: Cell<f64>,
    im: Cell<f64>,
}

impl Payload for Complex {
    const LAYOUT: LayoutId = layout::COMPLEX;
    const KIND: Kind = Kind::Complex;
}

type Pair = (f64, f64);

impl Complex {
    /// Real and imaginary part.
    #[inline]
    pub fn parts(&self) -> Pair {
        (self.re.get(), self.im.get())
    }

    /// An instance of `ty`, complex or a subclass.
    pub fn new_of(ty: Gc<Type>, re: f64, im: f64) -> PyResult<Value> {
        if ty == crate::runtime::types().complex {
            return new(re, im);
        }
        let v = instance::allocate(ty, 0)?;
        let c = v.cast::<Complex>().ok_or_else(no_memory)?;
        c.re.set(re);
        c.im.set(im);
        Ok(v)
    }
}

/// A Python complex.
pub fn new(re: f64, im: f64) -> PyResult<Value> {
    let p = rivet_heap::alloc(layout::COMPLEX, 2);
    if p.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh zeroed object of layout COMPLEX.
    let c: Gc<Complex> = unsafe { Gc::from_raw(p.cast()) };
    c.re.set(re);
    c.im.set(im);
    Ok(c.value())
}

fn of(z: Pair) -> PyResult<Value> {
    new(z.0, z.1)
}

/// `complex`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a complex number from a real part and an optional imaginary part.\n\nThis is equivalent to (real + imag*1j) where imag defaults to 0.",
    signature: "(real=0, imag=0)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "conjugate",
            |v| of((this(v).0, -this(v).1)),
            "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.",
        ),
        Method::noargs(
            "__complex__",
            |v| {
                if v.cast_exact::<Complex>().is_some() {
                    Ok(v)
                } else {
                    of(this(v))
                }
            },
            "Convert this value to exact type complex.",
        ),
        Method::noargs(
            "__getnewargs__",
            |v| tuple::new(&[Value::float(this(v).0), Value::float(this(v).1)]),
            "",
        ),
        Method::one(
            "__format__",
            "($self, format_spec, /)",
            crate::types::str::format::format_method,
            "Convert to a string according to format_spec.",
        ),
    ],
    getset: &[
        GetSet::new("real", |v| Ok(Value::float(this(v).0)))
            .doc("the real part of a complex number"),
        GetSet::new("imag", |v| Ok(Value::float(this(v).1)))
            .doc("the imaginary part of a complex number"),
    ],
    slots: |s| {
        s.new = Some(complex_new);
        s.repr = Some(|v| str::new(&repr_parts(this(v))));
        s.hash = Some(hash);
        s.compare = Some(compare);
        s.add = Some(|a, b| binary(a, b, |x, y| Ok((x.0 + y.0, x.1 + y.1))));
        s.sub = Some(|a, b| binary(a, b, |x, y| Ok((x.0 - y.0, x.1 - y.1))));
        s.mul = Some(|a, b| binary(a, b, |x, y| Ok(mul(x, y))));
        s.truediv = Some(|a, b| {
            binary(a, b, |x, y| {
                div(x, y).ok_or_else(|| zero_division_error("complex division by zero"))
            })
        });
        s.pow = Some(pow);
        s.neg = Some(|v| of((-this(v).0, -this(v).1)));
        s.pos = Some(|v| {
            if v.cast_exact::<Complex>().is_some() {
                Ok(v)
            } else {
                of(this(v))
            }
        });
        s.abs = Some(abs);
        s.bool = Some(|v| Ok(this(v) != (0.0, 0.0)));
    },
    ..TypeSpec::named("complex")
};

fn this(v: Value) -> Pair {
    v.cast::<Complex>()
        .expect("checked by the descriptor")
        .parts()
}

/// The operand of complex arithmetic; None if it is no number.
fn operand(v: Value) -> PyResult<Option<Pair>> {
    match v.cast::<Complex>() {
        Some(c) => Ok(Some(c.parts())),
        None => Ok(float::operand(v)?.map(|f| (f, 0.0))),
    }
}

fn binary(a: Value, b: Value, f: impl Fn(Pair, Pair) -> PyResult<Pair>) -> PyResult<Value> {
    match (operand(a)?, operand(b)?) {
        (Some(x), Some(y)) => of(f(x, y)?),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn mul(x: Pair, y: Pair) -> Pair {
    (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0)
}

/// Smith's division; None if the divisor is 0.
fn div(a: Pair, b: Pair) -> Option<Pair> {
    let (re, im) = (b.0.abs(), b.1.abs());
    if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let d = b.0 + b.1 * ratio;
        Some(((a.0 + a.1 * ratio) / d, (a.1 - a.0 * ratio) / d))
    } else if im >= re {
        let ratio = b.0 / b.1;
        let d = b.0 * ratio + b.1;
        Some(((a.0 * ratio + a.1) / d, (a.1 * ratio - a.0) / d))
    } else {
        Some((f64::NAN, f64::NAN))
    }
}

fn pow(a: Value, b: Value, m: Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (operand(a)?, operand(b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !m.is_none() {
        return Err(value_error("complex modulo"));
    }
    let r = if y.1 == 0.0 && y.0.floor() == y.0 && y.0.abs() <= 100.0 {
        integer_power(x, y.0 as i32)
    } else {
        general_power(x, y)
    };
    let Some(r) = r else {
        return Err(zero_division_error("0.0 to a negative or complex power"));
    };
    if (r.0.is_infinite() || r.1.is_infinite())
        && [x.0, x.1, y.0, y.1].iter().all(|f| f.is_finite())
    {
        return Err(overflow_error("complex exponentiation"));
    }
    of(r)
}

fn integer_power(x: Pair, n: i32) -> Option<Pair> {
    let (mut r, mut p, mut bits) = ((1.0, 0.0), x, n.unsigned_abs());
    while bits > 0 {
        if bits & 1 == 1 {
            r = mul(r, p);
        }
        p = mul(p, p);
        bits >>= 1;
    }
    if n < 0 { div((1.0, 0.0), r) } else { Some(r) }
}

fn general_power(a: Pair, b: Pair) -> Option<Pair> {
    if b == (0.0, 0.0) {
        return Some((1.0, 0.0));
    }
    if a == (0.0, 0.0) {
        return if b.1 != 0.0 || b.0 < 0.0 {
            None
        } else {
            Some((0.0, 0.0))
        };
    }
    let vabs = a.0.hypot(a.1);
    let at = a.1.atan2(a.0);
    let (mut len, mut phase) = (vabs.powf(b.0), at * b.0);
    if b.1 != 0.0 {
        len /= (at * b.1).exp();
        phase += b.1 * vabs.ln();
    }
    if phase.is_infinite() {
        return None;
    }
    Some((len * phase.cos(), len * phase.sin()))
}

/// `x ** y` of a negative base and a fractional exponent.
pub fn pow_real(x: f64, y: f64) -> PyResult<Value> {
    pow(new(x, 0.0)?, Value::float(y), Value::NONE)
}

fn abs(v: Value) -> PyResult<Value> {
    let (re, im) = this(v);
    let r = re.hypot(im);
    if r.is_infinite() && re.is_finite() && im.is_finite() {
        return Err(overflow_error("absolute value too large"));
    }
    Ok(Value::float(r))
}

fn hash(v: Value) -> PyResult<i64> {
    let (re, im) = this(v);
    let part = |f: f64| {
        if f.is_nan() {
            protocol::hash_identity(v)
        } else {
            Ok(float::hash_f64(f))
        }
    };
    let h = part(re)?.wrapping_add(part(im)?.wrapping_mul(1_000_003));
    Ok(if h == -1 { -2 } else { h })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (re, im) = this(a);
    let equal = if let Some(c) = b.cast::<Complex>() {
        (re, im) == c.parts()
    } else if b.as_float().is_some() || int::is_int(b) {
        im == 0.0 && float_methods::compare_values(re, b) == Some(std::cmp::Ordering::Equal)
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

/// `repr` of a complex of these parts.
pub fn repr_parts((re, im): Pair) -> String {
    let r = |f: f64, plus: bool| {
        format_float(
            f,
            'r',
            0,
            Style {
                plus,
                ..Style::default()
            },
        )
    };
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", r(im, false));
    }
    format!("({}{}j)", r(re, false), r(im, true))
}

fn malformed() -> Raised {
    value_error("complex() arg is a malformed string")
}

fn parse_complex(s: Gc<Str>) -> PyResult<Pair> {
    let text = number_text(&s);
    let Some(text) = strip_underscores(&text) else {
        let r = protocol::repr_string(s.value())?;
        return Err(value_error(format!(
            "could not convert string to complex: {r}"
        )));
    };
    let mut text = text.as_str();
    if let Some(inner) = text.strip_prefix('(') {
        text = inner
            .strip_suffix(')')
            .ok_or_else(malformed)?
            .trim_matches(int::text::is_ascii_space);
    }
    parse_parts(text).ok_or_else(malformed)
}

/// `a`, `bj` or `a+bj`.
fn parse_parts(text: &str) -> Option<Pair> {
    let Some(body) = text.strip_suffix(['j', 'J']) else {
        return Some((parse(text)?, 0.0));
    };
    // The sign that begins the imaginary part: the last one that does not belong to an exponent.
    let b = body.as_bytes();
    let split = (1..b.len())
        .rev()
        .find(|&i| matches!(b[i], b'+' | b'-') && !matches!(b[i - 1], b'e' | b'E'));
    let imaginary = |t: &str| match t {
        "" | "+" => Some(1.0),
        "-" => Some(-1.0),
        _ => parse(t),
    };
    match split {
        Some(i) => Some((parse(&body[..i])?, imaginary(&body[i..])?)),
        None => Some((0.0, imaginary(body)?)),
    }
}

/// The value of `__complex__`, or of a complex object.
pub fn try_complex(v: Value) -> PyResult<Option<Pair>> {
    if let Some(c) = v.cast_exact::<Complex>() {
        return Ok(Some(c.parts()));
    }
    if v.is_small_int() || v.as_exact_float().is_some() {
        return Ok(None);
    }
    let Some(r) = try_special(v, name!("__complex__"), &[])? else {
        return Ok(v.cast::<Complex>().map(|c| c.parts()));
    };
    match r.cast::<Complex>() {
        Some(c) => {
            if r.cast_exact::<Complex>().is_none() {
                let t = r.type_of().name_string();
                let text = format!(
                    "__complex__ returned non-complex (type {t}).  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python."
                );
                crate::builtins::warnings::deprecated(&text, 1)?;
            }
            Ok(Some(c.parts()))
        }
        None => {
            let t = r.type_of().name_string();
            Err(type_error(format!(
                "__complex__ returned non-complex (type {t})"
            )))
        }
    }
}

fn is_real(v: Value) -> bool {
    let ty = v.type_of();
    ty.slots().float.is_some() || ty.slots().index.is_some()
}

fn complex_new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(real=0, imag=0)");
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("complex", args, kw, &mut out)?;
    let (r, i) = (out[0].unwrap_or(Value::int(0)), out[1]);
    if i.is_none() && r.cast_exact::<Complex>().is_some() && ty == crate::runtime::types().complex {
        return Ok(r);
    }
    if let Some(s) = r.cast::<Str>() {
        if i.is_some() {
            return Err(type_error(
                "complex() can't take second arg if first is a string",
            ));
        }
        let (re, im) = parse_complex(s)?;
        return Complex::new_of(ty, re, im);
    }
    if i.is_some_and(|i| i.cast::<Str>().is_some()) {
        return Err(type_error("complex() second arg can't be a string"));
    }
    let first = try_complex(r)?;
    if first.is_none() && !is_real(r) {
        let t = r.type_of().name_string();
        return Err(type_error(format!(
            "complex() first argument must be a string or a number, not '{t}'"
        )));
    }
    if let Some(i) = i
        && i.cast::<Complex>().is_none()
        && !is_real(i)
    {
        let t = i.type_of().name_string();
        return Err(type_error(format!(
            "complex() second argument must be a number, not '{t}'"
        )));
    }
    let (mut re, im_of_re) = match first {
        Some((re, im)) => (re, Some(im)),
        None => (protocol::as_f64(r)?, None),
    };
    let mut im = 0.0;
    match i.map(|i| (i, i.cast::<Complex>())) {
        Some((_, Some(c))) => {
            im = c.parts().0;
            re -= c.parts().1;
        }
        Some((i, None)) => im = protocol::as_f64(i)?,
        None => {}
    }
    if let Some(extra) = im_of_re {
        im = if i.is_some() { im + extra } else { extra };
    }
    Complex::new_of(ty, re, im)
}
