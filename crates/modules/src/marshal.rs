//! `marshal`: CPython's version 4 format for values; code objects are in Rivet's own bytecode format, behind a
//! type byte that CPython does not use, so that neither mistakes the other's caches.

use rivet_vm::exceptions::{PyResult, Raised, eof_error, exc, raise_text, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::spec::Method;
use rivet_vm::object::{call, protocol};
use rivet_vm::types::code::Code;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::set::Set;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{bytes, complex, int, list, memoryview, set, tuple};
use rivet_vm::value::{Gc, RVec, Value};

static METHODS: &[Method] = &[
    Method::fast(
        "dumps",
        "($module, value, version=version, /)",
        |_, a| {
            let mut w = Vec::new();
            write(&mut w, first(a)?, 0)?;
            bytes::new(&w)
        },
        "Return the bytes object that would be written to a file by dump(value, file).",
    ),
    Method::one(
        "loads",
        "($module, bytes, /)",
        |_, b| {
            let raw = memoryview::bytes_like(b)?;
            Reader::new(&raw).read(0)
        },
        "Convert the bytes-like object to a value.",
    ),
    Method::fast(
        "dump",
        "($module, value, file, version=version, /)",
        dump,
        "Write the value on the open file.",
    ),
    Method::one(
        "load",
        "($module, file, /)",
        load,
        "Read one value from the open file and return it.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("version", Value::int(4))
}

fn first(a: &[Value]) -> PyResult<Value> {
    a.first()
        .copied()
        .ok_or_else(|| type_error("dumps expected at least 1 argument, got 0"))
}

fn dump(_m: Value, a: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("dump", a, 2, 3)?;
    let mut w = Vec::new();
    write(&mut w, a[0], 0)?;
    call::call_method(a[1], name!("write"), &[bytes::new(&w)?])
}

fn load(_m: Value, f: Value) -> PyResult<Value> {
    let all = call::call_method(f, name!("read"), &[])?;
    let raw = memoryview::bytes_like(all)?;
    let mut r = Reader::new(&raw);
    let v = r.read(0)?;
    let back = r.at as i64 - raw.len() as i64;
    if back != 0 {
        call::call_method(f, name!("seek"), &[Value::int(back), Value::int(1)])?;
    }
    Ok(v)
}

const MAX_DEPTH: usize = 2000;
/// Type byte of our code objects.
const CODE: u8 = b'R';

fn long(w: &mut Vec<u8>, n: usize) -> PyResult<()> {
    let n = i32::try_from(n).map_err(|_| value_error("unmarshallable object"))?;
    w.extend(n.to_le_bytes());
    Ok(())
}

fn write(w: &mut Vec<u8>, v: Value, depth: usize) -> PyResult<()> {
    if depth > MAX_DEPTH {
        return Err(value_error("object too deeply nested to marshal"));
    }
    match v {
        Value::NONE => w.push(b'N'),
        Value::TRUE => w.push(b'T'),
        Value::FALSE => w.push(b'F'),
        Value::ELLIPSIS => w.push(b'.'),
        _ if v == exc().stop_iteration.value() => w.push(b'S'),
        _ => return write_object(w, v, depth),
    }
    Ok(())
}

fn write_object(w: &mut Vec<u8>, v: Value, depth: usize) -> PyResult<()> {
    if let Some(i) = v.as_small_int().and_then(|i| i32::try_from(i).ok()) {
        w.push(b'i');
        w.extend(i.to_le_bytes());
        return Ok(());
    }
    if let Some(f) = v.as_exact_float() {
        w.push(b'g');
        w.extend(f.to_le_bytes());
        return Ok(());
    }
    if v.type_of() == rivet_vm::runtime::types().int {
        return write_big(w, v);
    }
    if let Some(s) = v.cast_exact::<Str>() {
        let raw = s.to_wtf8();
        w.push(if s.is_interned() { b't' } else { b'u' });
        long(w, raw.len())?;
        w.extend_from_slice(&raw);
        return Ok(());
    }
    if let Some(t) = v.cast_exact::<Tuple>() {
        return sequence(w, b'(', t.items(), depth);
    }
    if let Some(l) = v.cast_exact::<List>() {
        return sequence(w, b'[', &RVec::from_slice(l.items())?, depth);
    }
    if let Some(d) = v.cast_exact::<Dict>() {
        w.push(b'{');
        let mut i = 0;
        while let Some((k, x)) = d.next_entry(&mut i) {
            write(w, k, depth + 1)?;
            write(w, x, depth + 1)?;
        }
        w.push(b'0');
        return Ok(());
    }
    if let Some(c) = v.cast::<Code>() {
        let raw = rivet_vm::types::code_attrs::to_file(c)?;
        w.push(CODE);
        long(w, raw.len())?;
        w.extend(raw);
        return Ok(());
    }
    if v.cast::<Set>().is_some() {
        let frozen = v.type_of() == rivet_vm::runtime::types().frozenset;
        return sequence(
            w,
            if frozen { b'>' } else { b'<' },
            &protocol::collect(v)?,
            depth,
        );
    }
    if let Some((re, im)) = v.cast::<complex::Complex>().map(|c| c.parts()) {
        w.push(b'y');
        w.extend(re.to_le_bytes());
        w.extend(im.to_le_bytes());
        return Ok(());
    }
    match memoryview::bytes_like(v) {
        Ok(raw) => {
            w.push(b's');
            long(w, raw.len())?;
            w.extend(raw);
            Ok(())
        }
        Err(raised) => {
            rivet_vm::exceptions::clear_if(raised, exc().type_error)?;
            Err(value_error("unmarshallable object"))
        }
    }
}

/// A large int: 15-bit digits, the sign in their number.
fn write_big(w: &mut Vec<u8>, v: Value) -> PyResult<()> {
    let big = int::to_big(v).unwrap_or_default();
    let mut digits = Vec::new();
    let mut rest = big.magnitude().clone();
    while rest.bits() > 0 {
        let low = (&rest & num_bigint::BigUint::from(0x7fffu32))
            .to_u32_digits()
            .first()
            .copied()
            .unwrap_or(0);
        digits.push(low as u16);
        rest >>= 15;
    }
    let n = digits.len() as i32;
    w.push(b'l');
    w.extend(
        (if big.sign() == num_bigint::Sign::Minus {
            -n
        } else {
            n
        })
        .to_le_bytes(),
    );
    digits.iter().for_each(|d| w.extend(d.to_le_bytes()));
    Ok(())
}

fn sequence(w: &mut Vec<u8>, kind: u8, items: &[Value], depth: usize) -> PyResult<()> {
    w.push(kind);
    long(w, items.len())?;
    items.iter().try_for_each(|&x| write(w, x, depth + 1))
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Values that may be referred to again.
    refs: RVec,
}

fn short() -> Raised {
    eof_error("marshal data too short")
}

fn bad(what: &str) -> Raised {
    raise_text(exc().value_error, &format!("bad marshal data ({what})"))
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Self {
        Reader {
            data,
            at: 0,
            refs: RVec::new(),
        }
    }

    fn take(&mut self, n: usize) -> PyResult<&'a [u8]> {
        let s = self
            .data
            .get(self.at..self.at.saturating_add(n))
            .ok_or_else(short)?;
        self.at += n;
        Ok(s)
    }

    fn byte(&mut self) -> PyResult<u8> {
        Ok(self.take(1)?[0])
    }

    fn i32(&mut self) -> PyResult<i32> {
        Ok(i32::from_le_bytes(
            self.take(4)?.try_into().unwrap_or_default(),
        ))
    }

    fn f64(&mut self) -> PyResult<f64> {
        Ok(f64::from_le_bytes(
            self.take(8)?.try_into().unwrap_or_default(),
        ))
    }

    fn size(&mut self) -> PyResult<usize> {
        let n = self.i32()?;
        usize::try_from(n).map_err(|_| bad("bytes object size out of range"))
    }

    fn read(&mut self, depth: usize) -> PyResult<Value> {
        match self.object(depth)? {
            Some(v) => Ok(v),
            None => Err(type_error("NULL object in marshal data for object")),
        }
    }

    /// One value; None for the end mark of a dict.
    fn object(&mut self, depth: usize) -> PyResult<Option<Value>> {
        if depth > MAX_DEPTH {
            return Err(bad("recursion limit exceeded"));
        }
        let code = self.byte()?;
        let (kind, flag) = (code & 0x7f, code & 0x80 != 0);
        // A container takes its number before its items.
        let slot = self.refs.len();
        if flag {
            self.refs.push(Value::NONE)?;
        }
        let v = match kind {
            b'0' => return Ok(None),
            b'N' => Value::NONE,
            b'T' => Value::TRUE,
            b'F' => Value::FALSE,
            b'.' => Value::ELLIPSIS,
            b'S' => exc().stop_iteration.value(),
            b'i' => Value::int(self.i32()?.into()),
            b'I' => Value::int(i64::from_le_bytes(
                self.take(8)?.try_into().unwrap_or_default(),
            )),
            b'l' => self.big()?,
            b'g' => Value::float(self.f64()?),
            b'y' => complex::new(self.f64()?, self.f64()?)?,
            b's' => {
                let n = self.size()?;
                bytes::new(self.take(n)?)?
            }
            b'u' | b't' | b'a' | b'A' => {
                let n = self.size()?;
                self.text(n, kind != b'u' && kind != b'a')?
            }
            b'z' | b'Z' => {
                let n = self.byte()?.into();
                self.text(n, kind == b'Z')?
            }
            b'(' | b')' | b'[' | b'<' | b'>' => self.container(kind, depth)?,
            b'{' => self.dict(depth)?,
            b'r' => {
                let i = self.size()?;
                *self.refs.get(i).ok_or_else(|| bad("invalid reference"))?
            }
            CODE => {
                let n = self.size()?;
                let packed = rivet_compile::Packed::from_file(self.take(n)?)
                    .ok_or_else(|| bad("invalid code"))?;
                Code::from_packed(packed, None)?.value()
            }
            _ => return Err(bad("unknown type code")),
        };
        if flag {
            self.refs.set(slot, v);
        }
        Ok(Some(v))
    }

    fn text(&mut self, n: usize, intern: bool) -> PyResult<Value> {
        let raw = self.take(n)?;
        let plain = std::str::from_utf8(raw).is_ok();
        let s = if plain {
            Str::from_wtf8(raw)?
        } else {
            Str::from_wtf8(&repair(raw))?
        };
        Ok(if intern {
            s.intern().value()
        } else {
            s.value()
        })
    }

    fn big(&mut self) -> PyResult<Value> {
        let n = self.i32()?;
        let mut big = num_bigint::BigInt::default();
        for i in 0..n.unsigned_abs() as usize {
            let d = u16::from_le_bytes(self.take(2)?.try_into().unwrap_or_default());
            if d > 0x7fff {
                return Err(bad("digit out of range in long"));
            }
            big += num_bigint::BigInt::from(d) << (15 * i);
        }
        int::from_big(&if n < 0 { -big } else { big })
    }

    fn container(&mut self, kind: u8, depth: usize) -> PyResult<Value> {
        let n = if kind == b')' {
            self.byte()?.into()
        } else {
            self.size()?
        };
        if n > self.data.len() - self.at {
            return Err(short());
        }
        let mut items = RVec::with_capacity(n)?;
        for _ in 0..n {
            items.push(self.read(depth + 1)?)?;
        }
        match kind {
            b'[' => list::new(&items),
            b'<' => set::set_of(&items),
            b'>' => set::frozenset_of(&items),
            _ => tuple::new(&items),
        }
    }

    fn dict(&mut self, depth: usize) -> PyResult<Value> {
        let d = Dict::new()?;
        while let Some(k) = self.object(depth + 1)? {
            d.set_item(k, self.read(depth + 1)?)?;
        }
        Ok(d.value())
    }
}

/// Generalised UTF-8 is valid but for encoded surrogates; anything else is replaced.
fn repair(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut i = 0;
    while i < raw.len() {
        let n = match raw[i] {
            0..0x80 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf8 => 4,
            _ => 0,
        };
        let ok = n > 0
            && raw
                .get(i..i + n)
                .is_some_and(|s| s[1..].iter().all(|b| b & 0xc0 == 0x80));
        if ok {
            out.extend_from_slice(&raw[i..i + n]);
            i += n;
        } else {
            out.extend_from_slice("\u{fffd}".as_bytes());
            i += 1;
        }
    }
    out
}
