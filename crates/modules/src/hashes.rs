//! `_md5`, `_sha1`, `_sha256`, `_sha512`, `_sha3`, `_blake2`: message digests (computed by the RustCrypto crates).

use std::cell::RefCell;

use blake2::digest::{DynDigest, ExtendableOutput, Update, VariableOutput, XofReader};
use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::native::Native;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{buffer, bytes};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::{alloc, bind, make, make_in, nat, ty};

/// A digest under way.
enum Hash {
    Fixed(Box<dyn DynDigest>),
    Shake128(sha3::Shake128),
    Shake256(sha3::Shake256),
    Blake2b(blake2::Blake2bVar, usize),
    Blake2s(blake2::Blake2sVar, usize),
}

struct State {
    name: &'static str,
    block: usize,
    hash: RefCell<Hash>,
}

impl Hash {
    fn update(&mut self, data: &[u8]) {
        match self {
            Hash::Fixed(d) => d.update(data),
            Hash::Shake128(d) => d.update(data),
            Hash::Shake256(d) => d.update(data),
            Hash::Blake2b(d, _) => d.update(data),
            Hash::Blake2s(d, _) => d.update(data),
        }
    }

    fn size(&self) -> usize {
        match self {
            Hash::Fixed(d) => d.output_size(),
            Hash::Shake128(_) | Hash::Shake256(_) => 0,
            Hash::Blake2b(_, n) | Hash::Blake2s(_, n) => *n,
        }
    }

    fn digest(&self, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        match self {
            Hash::Fixed(d) => return d.box_clone().finalize().to_vec(),
            Hash::Shake128(d) => d.clone().finalize_xof().read(&mut out),
            Hash::Shake256(d) => d.clone().finalize_xof().read(&mut out),
            Hash::Blake2b(d, n) => {
                out.resize(*n, 0);
                let _ = d.clone().finalize_variable(&mut out);
            }
            Hash::Blake2s(d, n) => {
                out.resize(*n, 0);
                let _ = d.clone().finalize_variable(&mut out);
            }
        }
        out
    }

    fn copy(&self) -> Hash {
        match self {
            Hash::Fixed(d) => Hash::Fixed(d.box_clone()),
            Hash::Shake128(d) => Hash::Shake128(d.clone()),
            Hash::Shake256(d) => Hash::Shake256(d.clone()),
            Hash::Blake2b(d, n) => Hash::Blake2b(d.clone(), *n),
            Hash::Blake2s(d, n) => Hash::Blake2s(d.clone(), *n),
        }
    }
}

static HASH: Root = Root::new();
static BLAKE2B: Root = Root::new();
static BLAKE2S: Root = Root::new();

fn state<'a>(v: Value) -> &'a State {
    nat(v).state::<State>().expect("set by the constructor")
}

/// The digest, of a length that must be given for the extendable functions.
fn digest(v: Value, args: &[Value], fname: &str) -> PyResult<Vec<u8>> {
    let s = state(v);
    let h = s.hash.borrow();
    let xof = matches!(*h, Hash::Shake128(_) | Hash::Shake256(_));
    if !xof {
        if !args.is_empty() {
            return Err(type_error(format!(
                "{}.{fname}() takes no arguments ({} given)",
                v.type_of().name_string(),
                args.len()
            )));
        }
        return Ok(h.digest(0));
    }
    check_count(fname, args, 1, 1)?;
    let n = protocol::as_isize(args[0])?;
    if n < 0 {
        return Err(value_error("value must be positive"));
    }
    if n >= 1 << 29 {
        return Err(value_error("length is too large"));
    }
    Ok(h.digest(n as usize))
}

fn hex(b: &[u8]) -> String {
    b.iter().map(|x| format!("{x:02x}")).collect()
}

fn feed(v: Value, data: Value) -> PyResult<Value> {
    if data.cast::<Str>().is_some() {
        return Err(type_error("Strings must be encoded before hashing"));
    }
    if !buffer::has_buffer(data) {
        return Err(type_error("object supporting the buffer API required"));
    }
    buffer::with_bytes(data, |b| state(v).hash.borrow_mut().update(b))?;
    Ok(Value::NONE)
}

static METHODS: &[Method] = &[
    Method::one(
        "update",
        "($self, obj, /)",
        feed,
        "Update this hash object's state with the provided string.",
    ),
    Method::fast(
        "digest",
        "($self, /)",
        |v, a| bytes::new(&digest(v, a, "digest")?),
        "Return the digest value as a bytes object.",
    ),
    Method::fast(
        "hexdigest",
        "($self, /)",
        |v, a| str::new(&hex(&digest(v, a, "hexdigest")?)),
        "Return the digest value as a string of hexadecimal digits.",
    ),
    Method::noargs(
        "copy",
        |v| {
            let s = state(v);
            let copy = State {
                name: s.name,
                block: s.block,
                hash: RefCell::new(s.hash.borrow().copy()),
            };
            Native::with_state(v.type_of(), copy).map(Gc::value)
        },
        "Return a copy of the hash object.",
    ),
];

static GETSET: &[GetSet] = &[
    GetSet::new("name", |v| str::new(state(v).name)),
    GetSet::new("digest_size", |v| {
        Ok(Value::from_usize(state(v).hash.borrow().size()))
    }),
    GetSet::new("block_size", |v| Ok(Value::from_usize(state(v).block))),
];

static SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: METHODS,
    getset: GETSET,
    slots: |s| {
        s.repr = Some(|v| {
            str::new(&format!(
                "<{} _hashlib.HASH object at {:#x}>",
                state(v).name,
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("_hashlib.HASH")
};

fn make_hash(name: &'static str, block: usize, hash: Hash, a: Bound) -> PyResult<Value> {
    if HASH.get().is_none() {
        make(&HASH, &SPEC, 0);
    }
    let v = Native::with_state(
        ty(&HASH),
        State {
            name,
            block,
            hash: RefCell::new(hash),
        },
    )?
    .value();
    if let Some(data) = a[0] {
        feed(v, data)?;
    }
    Ok(v)
}

const SIG: &str = "($module, /, string=b'', *, usedforsecurity=True)";

macro_rules! constructor {
    ($name:literal, $block:literal, $hash:expr) => {
        Method::bound(
            $name,
            SIG,
            |_, a| make_hash($name, $block, $hash, a),
            "Return a new hash object.",
        )
    };
}

fn fixed<D: DynDigest + Default + 'static>() -> Hash {
    Hash::Fixed(Box::<D>::default())
}

static MD5: &[Method] = &[constructor!("md5", 64, fixed::<md5::Md5>())];
static SHA1: &[Method] = &[constructor!("sha1", 64, fixed::<sha1::Sha1>())];
static SHA256: &[Method] = &[
    constructor!("sha256", 64, fixed::<sha2::Sha256>()),
    constructor!("sha224", 64, fixed::<sha2::Sha224>()),
];
static SHA512: &[Method] = &[
    constructor!("sha512", 128, fixed::<sha2::Sha512>()),
    constructor!("sha384", 128, fixed::<sha2::Sha384>()),
];
static SHA3: &[Method] = &[
    constructor!("sha3_224", 144, fixed::<sha3::Sha3_224>()),
    constructor!("sha3_256", 136, fixed::<sha3::Sha3_256>()),
    constructor!("sha3_384", 104, fixed::<sha3::Sha3_384>()),
    constructor!("sha3_512", 72, fixed::<sha3::Sha3_512>()),
    constructor!("shake_128", 168, Hash::Shake128(sha3::Shake128::default())),
    constructor!("shake_256", 136, Hash::Shake256(sha3::Shake256::default())),
];

/// `_md5`
pub fn init_md5(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(MD5)
}

/// `_sha1`
pub fn init_sha1(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(SHA1)
}

/// `_sha256`
pub fn init_sha256(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(SHA256)
}

/// `_sha512`
pub fn init_sha512(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(SHA512)
}

/// `_sha3`
pub fn init_sha3(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(SHA3)
}

const BLAKE_SIG: &str = "(data=b'', /, *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)";

/// Only `digest_size` is supported beyond the defaults.
fn blake(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>, small: bool) -> PyResult<Value> {
    let name = if small { "blake2s" } else { "blake2b" };
    let a = bind(BLAKE_SIG, name, args, kw)?;
    let max = if small { 32 } else { 64 };
    let size = a[1].map_or(Ok(max), protocol::as_isize)?;
    if size < 1 || size > max {
        return Err(value_error(format!(
            "digest_size for {} must be between 1 and {max} bytes, here it is {size}",
            if small { "Blake2s" } else { "Blake2b" }
        )));
    }
    for v in a[2..5].iter().flatten() {
        if protocol::is_true(*v)? {
            return Err(value_error(
                "keys, salts and personalisation are not supported by this runtime",
            ));
        }
    }
    let n = size as usize;
    let bad = |_| value_error("invalid digest_size");
    let hash = if small {
        Hash::Blake2s(
            <blake2::Blake2sVar as VariableOutput>::new(n).map_err(bad)?,
            n,
        )
    } else {
        Hash::Blake2b(
            <blake2::Blake2bVar as VariableOutput>::new(n).map_err(bad)?,
            n,
        )
    };
    let obj = alloc(t)?;
    obj.set_state(State {
        name,
        block: if small { 64 } else { 128 },
        hash: RefCell::new(hash),
    });
    if let Some(data) = a[0] {
        feed(obj.value(), data)?;
    }
    Ok(obj.value())
}

static BLAKE2B_SPEC: TypeSpec = TypeSpec {
    doc: "Return a new BLAKE2b hash object.",
    methods: METHODS,
    getset: GETSET,
    slots: |s| s.new = Some(|t, a, k| blake(t, a, k, false)),
    ..TypeSpec::named("_blake2.blake2b")
};

static BLAKE2S_SPEC: TypeSpec = TypeSpec {
    doc: "Return a new BLAKE2s hash object.",
    methods: METHODS,
    getset: GETSET,
    slots: |s| s.new = Some(|t, a, k| blake(t, a, k, true)),
    ..TypeSpec::named("_blake2.blake2s")
};

/// `_blake2`
pub fn init_blake2(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &BLAKE2B, &BLAKE2B_SPEC, 0)?;
    make_in(m, &BLAKE2S, &BLAKE2S_SPEC, 0)?;
    Ok(())
}
