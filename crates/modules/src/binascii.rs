//! `binascii`: hexadecimal, base 64, quoted-printable and uu text; checksums.

use rivet_vm::exceptions::{PyResult, Raised, exc, raise_text, type_error, value_error};
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::type_::simple_class;
use rivet_vm::types::{buffer, bytes, int};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::ty;

static ERROR: Root = Root::new();

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn error(text: impl AsRef<str>) -> Raised {
    raise_text(ty(&ERROR), text.as_ref())
}

/// Bytes, or the characters of an ASCII str.
fn ascii_or_bytes(v: Value) -> PyResult<Vec<u8>> {
    if let Some(s) = v.cast::<Str>() {
        return match s.as_ascii() {
            Some(t) => Ok(t.as_bytes().to_vec()),
            None => Err(value_error(
                "string argument should contain only ASCII characters",
            )),
        };
    }
    if !buffer::has_buffer(v) {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "argument should be bytes, buffer or ASCII string, not '{t}'"
        )));
    }
    buffer::bytes_like(v)
}

fn flag(v: Option<Value>, default: bool) -> PyResult<bool> {
    v.map_or(Ok(default), protocol::is_true)
}

fn hexlify(_m: Value, a: Bound) -> PyResult<Value> {
    let data = buffer::bytes_like(a[0].unwrap_or(Value::NONE))?;
    let mut sep = None;
    if let Some(s) = a[1] {
        let b = match s.cast::<Str>() {
            Some(t) if t.len() == 1 && !t.is_ascii() => {
                return Err(value_error("sep must be ASCII."));
            }
            Some(t) => t.to_string_lossy().as_bytes().to_vec(),
            None if bytes::is_bytes_or_bytearray(s) => buffer::bytes_like(s)?,
            None => return Err(type_error("sep must be str or bytes.")),
        };
        if b.len() != 1 {
            return Err(value_error("sep must be length 1."));
        }
        sep = Some(b[0]);
    }
    let per = a[2].map_or(Ok(1), protocol::as_isize)?;
    let n = per.unsigned_abs();
    let mut out = Vec::with_capacity(data.len() * 2);
    for (i, x) in data.iter().enumerate() {
        if let Some(c) = sep.filter(|_| i > 0 && n > 0) {
            let edge = if per > 0 {
                (data.len() - i) % n == 0
            } else {
                i % n == 0
            };
            if edge {
                out.push(c);
            }
        }
        out.extend_from_slice(format!("{x:02x}").as_bytes());
    }
    bytes::new(&out)
}

fn unhexlify(_m: Value, v: Value) -> PyResult<Value> {
    let data = ascii_or_bytes(v)?;
    if data.len() % 2 == 1 {
        return Err(error("Odd-length string"));
    }
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .ok_or_else(|| error("Non-hexadecimal digit found"))
    };
    let mut out = Vec::with_capacity(data.len() / 2);
    for p in data.chunks_exact(2) {
        out.push((digit(p[0])? * 16 + digit(p[1])?) as u8);
    }
    bytes::new(&out)
}

fn b2a_base64(_m: Value, a: Bound) -> PyResult<Value> {
    let data = buffer::bytes_like(a[0].unwrap_or(Value::NONE))?;
    let mut out = Vec::with_capacity(data.len() / 3 * 4 + 5);
    for c in data.chunks(3) {
        let w = u32::from(c[0]) << 16
            | u32::from(*c.get(1).unwrap_or(&0)) << 8
            | u32::from(*c.get(2).unwrap_or(&0));
        for i in 0..4 {
            out.push(if i <= c.len() {
                ALPHABET[(w >> (18 - 6 * i) & 63) as usize]
            } else {
                b'='
            });
        }
    }
    if flag(a[1], true)? {
        out.push(b'\n');
    }
    bytes::new(&out)
}

fn a2b_base64(_m: Value, a: Bound) -> PyResult<Value> {
    let data = ascii_or_bytes(a[0].unwrap_or(Value::NONE))?;
    let strict = flag(a[1], false)?;
    let mut out = Vec::with_capacity(data.len() / 4 * 3 + 3);
    let (mut quad, mut left, mut pads) = (0usize, 0u8, 0usize);
    let mut padded = false;
    if strict && data.first() == Some(&b'=') {
        return Err(error("Leading padding not allowed"));
    }
    for (i, &c) in data.iter().enumerate() {
        if c == b'=' {
            padded = true;
            if quad >= 2 {
                pads += 1;
                if quad + pads >= 4 {
                    if strict && i + 1 < data.len() {
                        return Err(error("Excess data after padding"));
                    }
                    return bytes::new(&out);
                }
            }
            continue;
        }
        let Some(v) = ALPHABET.iter().position(|&x| x == c) else {
            if strict {
                return Err(error("Only base64 data is allowed"));
            }
            continue;
        };
        if strict && padded {
            return Err(error("Discontinuous padding not allowed"));
        }
        pads = 0;
        let v = v as u8;
        match quad {
            0 => {
                quad = 1;
                left = v;
            }
            1 => {
                quad = 2;
                out.push(left << 2 | v >> 4);
                left = v & 15;
            }
            2 => {
                quad = 3;
                out.push(left << 4 | v >> 2);
                left = v & 3;
            }
            _ => {
                quad = 0;
                out.push(left << 6 | v);
                left = 0;
            }
        }
    }
    match quad {
        0 => bytes::new(&out),
        1 => {
            let n = out.len() / 3 * 4 + 1;
            Err(error(format!(
                "Invalid base64-encoded string: number of data characters ({n}) cannot be 1 more than a multiple of 4"
            )))
        }
        _ => Err(error("Incorrect padding")),
    }
}

fn crc32(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("crc32", a, 1, 2)?;
    let start = a.get(1).map_or(Ok(0), |&v| checksum_argument(v))?;
    let mut table = [0u32; 256];
    for (i, t) in table.iter_mut().enumerate() {
        *t = (0..8).fold(i as u32, |c, _| {
            if c & 1 == 1 {
                c >> 1 ^ 0xedb8_8320
            } else {
                c >> 1
            }
        });
    }
    let crc = buffer::with_bytes(a[0], |d| {
        d.iter().fold(!start, |c, &x| {
            table[((c ^ u32::from(x)) & 255) as usize] ^ c >> 8
        })
    })?;
    Ok(Value::int((!crc).into()))
}

/// An int, reduced to 32 bits.
fn checksum_argument(v: Value) -> PyResult<u32> {
    let b = int::to_big(protocol::index(v)?).unwrap_or_default();
    let modulus = num_bigint::BigInt::from(1u64 << 32);
    let r = ((b % &modulus) + &modulus) % &modulus;
    Ok(u32::try_from(&r).unwrap_or(0))
}

fn crc_hqx(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("crc_hqx", a, 2, 2)?;
    let start = checksum_argument(a[1])? as u16;
    let crc = buffer::with_bytes(a[0], |d| {
        d.iter().fold(start, |c, &x| {
            (0..8).fold(c ^ u16::from(x) << 8, |c, _| {
                if c & 0x8000 != 0 {
                    c << 1 ^ 0x1021
                } else {
                    c << 1
                }
            })
        })
    })?;
    Ok(Value::int(crc.into()))
}

fn b2a_uu(_m: Value, a: Bound) -> PyResult<Value> {
    let data = buffer::bytes_like(a[0].unwrap_or(Value::NONE))?;
    let backtick = flag(a[1], false)?;
    if data.len() > 45 {
        return Err(error("At most 45 bytes at once"));
    }
    let code = |v: u32| {
        if v == 0 && backtick {
            b'`'
        } else {
            v as u8 + 32
        }
    };
    let mut out = vec![code(data.len() as u32)];
    for c in data.chunks(3) {
        let w = u32::from(c[0]) << 16
            | u32::from(*c.get(1).unwrap_or(&0)) << 8
            | u32::from(*c.get(2).unwrap_or(&0));
        (0..4).for_each(|i| out.push(code(w >> (18 - 6 * i) & 63)));
    }
    out.push(b'\n');
    bytes::new(&out)
}

fn a2b_uu(_m: Value, v: Value) -> PyResult<Value> {
    let data = ascii_or_bytes(v)?;
    let n = usize::from(data.first().map_or(32, |&c| c).wrapping_sub(32) & 63);
    let (mut out, mut word, mut bits, mut at) = (Vec::with_capacity(n), 0u32, 0, 1);
    while out.len() < n {
        let c = data.get(at).copied().unwrap_or(b'\n');
        let v = match c {
            b'\n' | b'\r' => 0,
            32..=96 => (c - 32) & 63,
            _ => return Err(error("Illegal char")),
        };
        at += 1;
        word = word << 6 | u32::from(v);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    if data
        .iter()
        .skip(at)
        .any(|c| !matches!(c, b' ' | b'`' | b'\n' | b'\r'))
    {
        return Err(error("Trailing garbage"));
    }
    bytes::new(&out)
}

fn a2b_qp(_m: Value, a: Bound) -> PyResult<Value> {
    let data = ascii_or_bytes(a[0].unwrap_or(Value::NONE))?;
    let header = flag(a[1], false)?;
    let hex = |c: u8| char::from(c).to_digit(16);
    let (mut out, mut i) = (Vec::with_capacity(data.len()), 0);
    while i < data.len() {
        let c = data[i];
        i += 1;
        if c == b'_' && header {
            out.push(b' ');
        } else if c == b'=' {
            match (data.get(i), data.get(i + 1)) {
                (None, _) => break,
                (Some(b'\n' | b'\r'), _) => {
                    while i < data.len() && data[i] != b'\n' {
                        i += 1;
                    }
                    i += 1;
                }
                (Some(b'='), _) => {
                    out.push(b'=');
                    i += 1;
                }
                (Some(&x), Some(&y)) if hex(x).is_some() && hex(y).is_some() => {
                    out.push((hex(x).unwrap_or(0) * 16 + hex(y).unwrap_or(0)) as u8);
                    i += 2;
                }
                _ => out.push(b'='),
            }
        } else {
            out.push(c);
        }
    }
    bytes::new(&out)
}

fn b2a_qp(_m: Value, a: Bound) -> PyResult<Value> {
    let data = buffer::bytes_like(a[0].unwrap_or(Value::NONE))?;
    let (quotetabs, istext, header) = (flag(a[1], false)?, flag(a[2], true)?, flag(a[3], false)?);
    let crlf = data
        .iter()
        .position(|&c| c == b'\n')
        .is_some_and(|p| p > 0 && data[p - 1] == b'\r');
    let (mut out, mut line, mut i) = (Vec::with_capacity(data.len() * 2), 0usize, 0);
    let soft = |out: &mut Vec<u8>, line: &mut usize| {
        out.push(b'=');
        if crlf {
            out.push(b'\r');
        }
        out.push(b'\n');
        *line = 0;
    };
    while i < data.len() {
        let c = data[i];
        let next = data.get(i + 1);
        let quote = c > 126
            || c == b'='
            || (header && c == b'_')
            || (c == b'.' && line == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)))
            || (!istext && matches!(c, b'\r' | b'\n'))
            || (matches!(c, b'\t' | b' ') && next.is_none())
            || (c < 33 && !matches!(c, b'\r' | b'\n' | b'\t' | b' '))
            || (c < 33 && !matches!(c, b'\r' | b'\n') && (quotetabs || !matches!(c, b'\t' | b' ')));
        if quote {
            if line + 3 >= 76 {
                soft(&mut out, &mut line);
            }
            out.extend_from_slice(format!("={c:02X}").as_bytes());
            line += 3;
            i += 1;
        } else if istext && (c == b'\n' || (c == b'\r' && next == Some(&b'\n'))) {
            line = 0;
            if let Some(&last) = out.last()
                && matches!(last, b' ' | b'\t')
            {
                out.pop();
                out.extend_from_slice(format!("={last:02X}").as_bytes());
            }
            if crlf {
                out.push(b'\r');
            }
            out.push(b'\n');
            i += if c == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some() && next != Some(&b'\n') && line + 1 >= 76 {
                soft(&mut out, &mut line);
            }
            line += 1;
            out.push(if header && c == b' ' { b'_' } else { c });
            i += 1;
        }
    }
    bytes::new(&out)
}

const HEX_SIG: &str = "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)";

static METHODS: &[Method] = &[
    Method::bound(
        "hexlify",
        HEX_SIG,
        hexlify,
        "Hexadecimal representation of binary data.\n\nThe return value is a bytes object.  This function is also\navailable as \"b2a_hex()\".",
    ),
    Method::bound(
        "b2a_hex",
        HEX_SIG,
        hexlify,
        "Hexadecimal representation of binary data.",
    ),
    Method::one(
        "unhexlify",
        "($module, hexstr, /)",
        unhexlify,
        "Binary data of hexadecimal representation.\n\nhexstr must contain an even number of hex digits (upper or lower case).",
    ),
    Method::one(
        "a2b_hex",
        "($module, hexstr, /)",
        unhexlify,
        "Binary data of hexadecimal representation.",
    ),
    Method::bound(
        "b2a_base64",
        "($module, data, /, *, newline=True)",
        b2a_base64,
        "Base64-code line of data.",
    ),
    Method::bound(
        "a2b_base64",
        "($module, data, /, *, strict_mode=False)",
        a2b_base64,
        "Decode a line of base64 data.",
    ),
    Method::fast(
        "crc32",
        "($module, data, crc=0, /)",
        crc32,
        "Compute CRC-32 incrementally.",
    ),
    Method::fast(
        "crc_hqx",
        "($module, data, crc, /)",
        crc_hqx,
        "Compute CRC-CCITT incrementally.",
    ),
    Method::bound(
        "b2a_uu",
        "($module, data, /, *, backtick=False)",
        b2a_uu,
        "Uuencode line of data.",
    ),
    Method::one(
        "a2b_uu",
        "($module, data, /)",
        a2b_uu,
        "Decode a line of uuencoded data.",
    ),
    Method::bound(
        "a2b_qp",
        "($module, /, data, header=False)",
        a2b_qp,
        "Decode a string of qp-encoded data.",
    ),
    Method::bound(
        "b2a_qp",
        "($module, /, data, quotetabs=False, istext=True, header=False)",
        b2a_qp,
        "Encode a string using quoted-printable encoding.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add(
        "__doc__",
        str::new("Conversion between binary data and ASCII")?,
    )?;
    let class = |name: &str, base: Value| {
        let d = Dict::new()?;
        d.set_str("__module__", str::new("binascii")?)?;
        simple_class(name, &[base], d)
    };
    let e = class("Error", exc().value_error.value())?;
    ERROR.set(e.value());
    m.add("Error", e.value())?;
    m.add(
        "Incomplete",
        class("Incomplete", exc().exception.value())?.value(),
    )?;
    m.add_functions(METHODS)
}
