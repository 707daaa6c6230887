//! `_struct`: packing values into bytes.

use num_bigint::{BigInt, Sign};
use rivet_vm::exceptions::{PyResult, Raised, clear_if, exc, raise_text, type_error};
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple;
use rivet_vm::types::{buffer, int};
use rivet_vm::value::{Gc, RVec, Root, Value};

use crate::util::{alloc, bind, get_int, make, make_in, nat, put_int, ty};

static STRUCT: Root = Root::new();
static ITER: Root = Root::new();
static ERROR: Root = Root::new();

/// One item (or run of items) of a format.
#[derive(Clone, Copy, Debug)]
struct Item {
    code: u8,
    /// Byte offset of the first one.
    offset: usize,
    size: usize,
    /// How many values; strings are one.
    count: usize,
}

struct Layout {
    items: Vec<Item>,
    size: usize,
    values: usize,
    big: bool,
    native: bool,
}

fn error(text: impl AsRef<str>) -> Raised {
    raise_text(ty(&ERROR), text.as_ref())
}

/// Size and alignment of a format character in native mode, size alone in standard mode.
fn size_of(code: u8, native: bool) -> Option<(usize, usize)> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' => {
            if native {
                (8, 8)
            } else {
                (4, 4)
            }
        }
        b'q' | b'Q' | b'd' => (8, 8),
        b'n' | b'N' | b'P' if native => (8, 8),
        _ => return None,
    })
}

fn parse(format: &[u8]) -> PyResult<Layout> {
    let (mut native, mut big, mut at) = (true, false, 0);
    match format.first() {
        Some(b'@') => at = 1,
        Some(b'=' | b'<') => {
            native = false;
            at = 1;
        }
        Some(b'>' | b'!') => {
            native = false;
            big = true;
            at = 1;
        }
        _ => {}
    }
    if format.contains(&0) {
        return Err(error("embedded null character"));
    }
    let align_all = native;
    let mut l = Layout {
        items: Vec::new(),
        size: 0,
        values: 0,
        big,
        native,
    };
    while at < format.len() {
        let c = format[at];
        at += 1;
        if c.is_ascii_whitespace() || c == 11 {
            continue;
        }
        let (mut num, mut code) = (1usize, c);
        if c.is_ascii_digit() {
            num = usize::from(c - b'0');
            while at < format.len() && format[at].is_ascii_digit() {
                num = num
                    .checked_mul(10)
                    .and_then(|n| n.checked_add(usize::from(format[at] - b'0')))
                    .filter(|&n| n <= isize::MAX as usize)
                    .ok_or_else(|| error("total struct size too long"))?;
                at += 1;
            }
            let Some(&k) = format.get(at) else {
                return Err(error("repeat count given without format specifier"));
            };
            code = k;
            at += 1;
        }
        let Some((size, align)) = size_of(code, native) else {
            return Err(error("bad char in struct format"));
        };
        let mut offset = l.size;
        if align_all {
            offset = offset.div_ceil(align) * align;
        }
        let total = num
            .checked_mul(size)
            .and_then(|n| n.checked_add(offset))
            .filter(|&n| n <= isize::MAX as usize);
        let total = total.ok_or_else(|| error("total struct size too long"))?;
        match code {
            b'x' => {}
            b's' | b'p' => {
                l.items.push(Item {
                    code,
                    offset,
                    size: num,
                    count: 1,
                });
                l.values += 1;
            }
            _ if num > 0 => {
                l.items.push(Item {
                    code,
                    offset,
                    size,
                    count: num,
                });
                l.values += num;
            }
            _ => {}
        }
        l.size = total;
    }
    Ok(l)
}

fn format_bytes(v: Value) -> PyResult<Vec<u8>> {
    if let Some(s) = v.cast::<Str>() {
        return match s.as_ascii() {
            Some(t) => Ok(t.as_bytes().to_vec()),
            None => Err(rivet_vm::exceptions::raise_text(
                exc().unicode_error,
                "'ascii' codec can't encode character",
            )),
        };
    }
    if let Some(b) = v.cast::<Bytes>() {
        return Ok(b.as_slice().to_vec());
    }
    Err(type_error(format!(
        "Struct() argument 1 must be a str or bytes object, not {}",
        v.type_of().name_string()
    )))
}

fn order(bytes: &mut [u8], big: bool) {
    if big {
        bytes.reverse();
    }
}

/// A float as half precision, rounded to even.
fn half_bits(f: f64) -> PyResult<u16> {
    let sign = if f.is_sign_negative() { 0x8000u16 } else { 0 };
    if f.is_nan() {
        return Ok(sign | 0x7e00);
    }
    let a = f.abs();
    if a.is_infinite() {
        return Ok(sign | 0x7c00);
    }
    let overflow = || rivet_vm::exceptions::overflow_error("float too large to pack with e format");
    if a == 0.0 {
        return Ok(sign);
    }
    let (_, e) = rivet_vm::types::float::frexp(a);
    let e = e - 1;
    if e > 15 {
        return Err(overflow());
    }
    let unit = if e < -14 { -24 } else { e - 10 };
    let q = a * 2f64.powi(-unit);
    let r = q.round_ties_even() as u32;
    let bits = if e < -14 {
        r
    } else {
        (((e + 15) as u32) << 10) + (r - 1024)
    };
    if bits >= 0x7c00 {
        return Err(overflow());
    }
    Ok(sign | bits as u16)
}

fn half_value(h: u16) -> f64 {
    let sign = if h & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (e, m) = (i32::from(h >> 10 & 31), f64::from(h & 0x3ff));
    match e {
        31 if m == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN.copysign(sign),
        0 => sign * m * 2f64.powi(-24),
        _ => sign * (m + 1024.0) * 2f64.powi(e - 25),
    }
}

fn integer(v: Value) -> PyResult<BigInt> {
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(error("required argument is not an integer"));
    }
    Ok(int::to_big(protocol::index(v)?).unwrap_or_default())
}

fn pack_int(v: Value, item: &Item, big: bool) -> PyResult<u64> {
    let signed = matches!(item.code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n');
    let n = integer(v)?;
    let bits = item.size as u32 * 8;
    let (lo, hi) = if signed {
        (
            -(BigInt::from(1) << (bits - 1)),
            (BigInt::from(1) << (bits - 1)) - 1,
        )
    } else {
        (BigInt::from(0), (BigInt::from(1) << bits) - 1)
    };
    if n < lo || n > hi {
        let c = char::from(item.code);
        let long =
            matches!(item.code, b'q' | b'Q' | b'l' | b'L' | b'n' | b'N' | b'P') && item.size == 8;
        // The C functions read a long, or for these an unsigned one.
        let unsigned = matches!(item.code, b'I' | b'L') || item.code == b'H' && big;
        let readable = if unsigned {
            n.sign() != Sign::Minus && n.bits() <= 64
        } else {
            i64::try_from(&n).is_ok()
        };
        return Err(error(match item.code {
            _ if !readable && !long => "argument out of range".to_owned(),
            b'b' => "byte format requires -128 <= number <= 127".to_owned(),
            b'B' => "ubyte format requires 0 <= number <= 255".to_owned(),
            b'h' if !big => "short format requires -32768 <= number <= 32767".to_owned(),
            b'H' if !big => "ushort format requires 0 <= number <= 65535".to_owned(),
            // Words in the machine's own order go through its C types.
            _ if long && big => "int too large to convert".to_owned(),
            _ if long => "argument out of range".to_owned(),
            _ => format!("'{c}' format requires {lo} <= number <= {hi}"),
        }));
    }
    let wrapped: BigInt = if n.sign() == Sign::Minus {
        n + (BigInt::from(1) << 64u32)
    } else {
        n
    };
    Ok(u64::try_from(&wrapped).unwrap_or(0))
}

fn pack_one(l: &Layout, item: &Item, v: Value, out: &mut [u8]) -> PyResult<()> {
    match item.code {
        b'c' => match v.cast::<Bytes>().filter(|b| b.len() == 1) {
            Some(b) => out[0] = b.as_slice()[0],
            None => return Err(error("char format requires a bytes object of length 1")),
        },
        b'?' => out[0] = u8::from(protocol::is_true(v)?),
        b's' | b'p' => {
            if !bytes::is_bytes_or_bytearray(v) {
                return Err(error(format!(
                    "argument for '{}' must be a bytes object",
                    char::from(item.code)
                )));
            }
            let b = buffer::bytes_like(v)?;
            if item.code == b's' {
                let n = b.len().min(out.len());
                out[..n].copy_from_slice(&b[..n]);
            } else if !out.is_empty() {
                let n = b.len().min(out.len() - 1);
                out[1..=n].copy_from_slice(&b[..n]);
                out[0] = n.min(255) as u8;
            }
        }
        b'e' | b'f' | b'd' => {
            let f = match protocol::as_f64(v) {
                Ok(f) => f,
                Err(e) => {
                    clear_if(e, exc().type_error)?;
                    return Err(error("required argument is not a float"));
                }
            };
            match item.code {
                b'e' => out.copy_from_slice(&half_bits(f)?.to_le_bytes()),
                b'f' => {
                    let g = f as f32;
                    if g.is_infinite() && f.is_finite() && !l.native {
                        return Err(rivet_vm::exceptions::overflow_error(
                            "float too large to pack with f format",
                        ));
                    }
                    out.copy_from_slice(&g.to_le_bytes());
                }
                _ => out.copy_from_slice(&f.to_le_bytes()),
            }
            order(out, l.big);
        }
        _ => {
            let w = pack_int(v, item, l.big)?;
            out.copy_from_slice(&w.to_le_bytes()[..item.size]);
            order(out, l.big);
        }
    }
    Ok(())
}

fn pack_into_vec(l: &Layout, args: &[Value]) -> PyResult<Vec<u8>> {
    let mut out = vec![0; l.size];
    let mut i = 0;
    for item in &l.items {
        for k in 0..item.count {
            let at = item.offset + k * item.size;
            pack_one(l, item, args[i], &mut out[at..at + item.size])?;
            i += 1;
        }
    }
    Ok(out)
}

fn unpack_one(l: &Layout, item: &Item, b: &[u8]) -> PyResult<Value> {
    let mut word = [0u8; 8];
    if item.size <= 8 && !matches!(item.code, b's' | b'p') {
        word[..item.size].copy_from_slice(b);
        order(&mut word[..item.size], l.big);
    }
    let u = u64::from_le_bytes(word);
    Ok(match item.code {
        b'c' | b's' => bytes::new(b)?,
        b'p' => {
            let n = b.first().map_or(0, |&n| usize::from(n).min(b.len() - 1));
            bytes::new(if b.is_empty() { b } else { &b[1..=n] })?
        }
        b'?' => Value::bool(u != 0),
        b'e' => Value::float(half_value(u as u16)),
        b'f' => Value::float(f64::from(f32::from_bits(u as u32))),
        b'd' => Value::float(f64::from_bits(u)),
        b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
            let shift = 64 - item.size as u32 * 8;
            Value::int((u << shift) as i64 >> shift)
        }
        _ => int::from_u64(u),
    })
}

fn unpack_slice(l: &Layout, b: &[u8]) -> PyResult<Value> {
    let mut out = RVec::with_capacity(l.values)?;
    for item in &l.items {
        for k in 0..item.count {
            let at = item.offset + k * item.size;
            out.push(unpack_one(l, item, &b[at..at + item.size])?)?;
        }
    }
    tuple::new(&out)
}

fn layout<'a>(v: Value) -> PyResult<&'a Layout> {
    nat(v)
        .state::<Layout>()
        .ok_or_else(|| rivet_vm::exceptions::runtime_error("Struct object is not initialized"))
}

fn pack(v: Value, args: &[Value]) -> PyResult<Value> {
    let l = layout(v)?;
    if args.len() != l.values {
        return Err(error(format!(
            "pack expected {} items for packing (got {})",
            l.values,
            args.len()
        )));
    }
    bytes::new(&pack_into_vec(l, args)?)
}

fn pack_into(v: Value, args: &[Value]) -> PyResult<Value> {
    let l = layout(v)?;
    if args.len() != l.values + 2 {
        return Err(error(match args.len() {
            0 => "pack_into expected buffer argument".to_owned(),
            1 => "pack_into expected offset argument".to_owned(),
            n => format!(
                "pack_into expected {} items for packing (got {})",
                l.values,
                n - 2
            ),
        }));
    }
    let given = protocol::as_isize(args[1])?;
    let len = buffer::with_bytes_mut(args[0], "pack_into() argument 1", |b| b.len())? as isize;
    let size = l.size as isize;
    let mut offset = given;
    if offset < 0 {
        if offset + size > 0 {
            return Err(error(format!(
                "no space to pack {size} bytes at offset {given}"
            )));
        }
        if offset + len < 0 {
            return Err(error(format!(
                "offset {given} out of range for {len}-byte buffer"
            )));
        }
        offset += len;
    }
    if len - offset < size {
        return Err(error(format!(
            "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {offset} (actual buffer size is {len})",
            size as usize + offset as usize
        )));
    }
    let data = pack_into_vec(l, &args[2..])?;
    buffer::with_bytes_mut(args[0], "pack_into() argument 1", |b| {
        let at = offset as usize;
        if at + data.len() <= b.len() {
            b[at..at + data.len()].copy_from_slice(&data);
        }
    })?;
    Ok(Value::NONE)
}

fn unpack(v: Value, b: Value) -> PyResult<Value> {
    let l = layout(v)?;
    let data = buffer::bytes_like(b)?;
    if data.len() != l.size {
        return Err(error(format!(
            "unpack requires a buffer of {} bytes",
            l.size
        )));
    }
    unpack_slice(l, &data)
}

fn unpack_from(v: Value, b: Option<Value>, offset: Option<Value>) -> PyResult<Value> {
    let l = layout(v)?;
    let data = buffer::bytes_like(b.unwrap_or(Value::NONE))?;
    let given = offset.map_or(Ok(0), protocol::as_isize)?;
    let (len, size) = (data.len() as isize, l.size as isize);
    let mut offset = given;
    if offset < 0 {
        if offset + size > 0 {
            return Err(error(format!(
                "not enough data to unpack {size} bytes at offset {given}"
            )));
        }
        if offset + len < 0 {
            return Err(error(format!(
                "offset {given} out of range for {len}-byte buffer"
            )));
        }
        offset += len;
    }
    if len - offset < size {
        return Err(error(format!(
            "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {offset} (actual buffer size is {len})",
            size as usize + offset as usize
        )));
    }
    unpack_slice(l, &data[offset as usize..(offset + size) as usize])
}

fn iter_unpack(v: Value, b: Value) -> PyResult<Value> {
    let l = layout(v)?;
    if l.size == 0 {
        return Err(error("cannot iteratively unpack with a struct of length 0"));
    }
    let n = buffer::with_bytes(b, <[u8]>::len)?;
    if n % l.size != 0 {
        return Err(error(format!(
            "iterative unpacking requires a buffer of a multiple of {} bytes",
            l.size
        )));
    }
    let it = Native::new(ty(&ITER))?;
    it.put(0, v);
    it.put(1, b);
    Ok(it.value())
}

static ITER_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[Method::noargs(
        "__length_hint__",
        |v| {
            let it = nat(v);
            let (Some(s), Some(b)) = (it.get(0), it.get(1)) else {
                return Ok(Value::int(0));
            };
            let n = buffer::with_bytes(b, <[u8]>::len)?;
            Ok(Value::from_usize(
                (n - get_int(it, 2) as usize) / layout(s)?.size,
            ))
        },
        "",
    )],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let it = nat(v);
            let (Some(s), Some(b)) = (it.get(0), it.get(1)) else {
                return Ok(None);
            };
            let l = layout(s)?;
            let at = get_int(it, 2) as usize;
            let part = buffer::with_bytes(b, |d| d.get(at..at + l.size).map(<[u8]>::to_vec))?;
            let Some(part) = part else {
                it.put_opt(1, None);
                return Ok(None);
            };
            put_int(it, 2, (at + l.size) as i64);
            unpack_slice(l, &part).map(Some)
        });
    },
    ..TypeSpec::named("_struct.unpack_iterator")
};

static SPEC: TypeSpec = TypeSpec {
    doc: "Struct(fmt) --> compiled struct object",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::fast(
            "pack",
            "",
            pack,
            "S.pack(v1, v2, ...) -> bytes\n\nReturn a bytes object containing values v1, v2, ... packed according\nto the format string S.format.  See help(struct) for more on format\nstrings.",
        ),
        Method::fast(
            "pack_into",
            "",
            pack_into,
            "S.pack_into(buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string S.format\nand write the packed bytes into the writable buffer buf starting at\noffset.",
        ),
        Method::one(
            "unpack",
            "($self, buffer, /)",
            unpack,
            "Return a tuple containing unpacked values.",
        ),
        Method::bound(
            "unpack_from",
            "($self, /, buffer, offset=0)",
            |v, a| unpack_from(v, a[0], a[1]),
            "Return a tuple containing unpacked values.",
        ),
        Method::one(
            "iter_unpack",
            "($self, buffer, /)",
            iter_unpack,
            "Return an iterator yielding tuples.",
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::int(64)),
            "S.__sizeof__() -> size of S in memory, in bytes",
        ),
    ],
    getset: &[
        GetSet::new("format", |v| Ok(nat(v).get(0).unwrap_or(Value::NONE)))
            .doc("struct format string"),
        GetSet::new("size", |v| Ok(Value::from_usize(layout(v)?.size))).doc("struct size in bytes"),
    ],
    slots: |s| {
        s.new = Some(|t: Gc<Type>, args, kw| {
            let n = alloc(t)?;
            // The format is taken here, so that subclasses may override `__init__` freely.
            if let Ok(a) = bind("(format)", "Struct", args, kw) {
                set_format(n, a[0].unwrap_or(Value::NONE))?;
            } else if let Some(e) = rivet_vm::thread::current().pending() {
                let _ = e;
                rivet_vm::exceptions::take(Raised::pending());
            }
            Ok(n.value())
        });
        s.init = Some(|v, args, kw| {
            let a = bind("(format)", "Struct", args, kw)?;
            set_format(nat(v), a[0].unwrap_or(Value::NONE))
        });
    },
    ..TypeSpec::named("_struct.Struct")
};

fn set_format(n: Gc<Native>, format: Value) -> PyResult<()> {
    let f = format_bytes(format)?;
    n.set_state(parse(&f)?);
    n.put(0, str::new(&String::from_utf8_lossy(&f))?);
    Ok(())
}

static CACHE: Root = Root::new();

/// The Struct of a format, from the cache.
fn cached(format: Value) -> PyResult<Value> {
    let cache = CACHE
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("made by init");
    if format.cast::<Str>().is_none() && format.cast::<Bytes>().is_none() {
        format_bytes(format)?;
    }
    if let Some(s) = cache.get(format)? {
        return Ok(s);
    }
    let n = alloc(ty(&STRUCT))?;
    set_format(n, format)?;
    if cache.len() >= 100 {
        cache.clear();
    }
    cache.set_item(format, n.value())?;
    Ok(n.value())
}

fn first(a: &[Value], fname: &str) -> PyResult<Value> {
    a.first()
        .copied()
        .ok_or_else(|| type_error(format!("{fname} expected at least 1 argument, got 0")))
}

static METHODS: &[Method] = &[
    Method::noargs(
        "_clearcache",
        |_| {
            if let Some(d) = CACHE.get().and_then(|d| d.cast::<Dict>()) {
                d.clear();
            }
            Ok(Value::NONE)
        },
        "Clear the internal cache.",
    ),
    Method::one(
        "calcsize",
        "($module, format, /)",
        |_, f| Ok(Value::from_usize(layout(cached(f)?)?.size)),
        "Return size in bytes of the struct described by the format string.",
    ),
    Method::fast(
        "pack",
        "",
        |_, a| pack(cached(first(a, "pack")?)?, &a[1..]),
        "pack(format, v1, v2, ...) -> bytes\n\nReturn a bytes object containing the values v1, v2, ... packed according\nto the format string.  See help(struct) for more on format strings.",
    ),
    Method::fast(
        "pack_into",
        "",
        |_, a| pack_into(cached(first(a, "pack_into")?)?, &a[1..]),
        "pack_into(format, buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string and write\nthe packed bytes into the writable buffer buf starting at offset.",
    ),
    Method::fast(
        "unpack",
        "($module, format, buffer, /)",
        |_, a| {
            check_count("unpack", a, 2, 2)?;
            unpack(cached(a[0])?, a[1])
        },
        "Return a tuple containing values unpacked according to the format string.",
    ),
    Method::bound(
        "unpack_from",
        "($module, format, /, buffer, offset=0)",
        |_, a: Bound| unpack_from(cached(a[0].unwrap_or(Value::NONE))?, a[1], a[2]),
        "Return a tuple containing values unpacked according to the format string.",
    ),
    Method::fast(
        "iter_unpack",
        "($module, format, buffer, /)",
        |_, a| {
            check_count("iter_unpack", a, 2, 2)?;
            iter_unpack(cached(a[0])?, a[1])
        },
        "Return an iterator yielding tuples unpacked from the given bytes.",
    ),
];

/// `struct.error`; a module that is imported anew has the same one.
fn error_class() -> PyResult<Value> {
    if let Some(e) = ERROR.get() {
        return Ok(e);
    }
    let dict = Dict::new()?;
    dict.set_str("__module__", str::new("struct")?)?;
    let e = rivet_vm::types::type_::simple_class("error", &[exc().exception.value()], dict)?;
    ERROR.set(e.value());
    Ok(e.value())
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add("error", error_class()?)?;
    make_in(m, &STRUCT, &SPEC, 1)?;
    make(&ITER, &ITER_SPEC, 3);
    CACHE.set(Dict::new()?.value());
    m.add_functions(METHODS)
}
