//! `_random`: the Mersenne Twister (Matsumoto and Nishimura's MT19937).

use std::cell::{Cell, RefCell};

use num_bigint::BigInt;
use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::object::args::{check_count, no_keywords};
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{TypeFlags, number, protocol};
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use crate::util::{alloc, make_in, nat, ty};

const N: usize = 624;
const M: usize = 397;

static RANDOM: Root = Root::new();

struct Twister {
    state: RefCell<[u32; N]>,
    index: Cell<usize>,
}

impl Twister {
    fn init(&self, seed: u32) {
        let mut s = self.state.borrow_mut();
        s[0] = seed;
        for i in 1..N {
            s[i] = 1_812_433_253u32
                .wrapping_mul(s[i - 1] ^ (s[i - 1] >> 30))
                .wrapping_add(i as u32);
        }
        self.index.set(N);
    }

    fn init_by_array(&self, key: &[u32]) {
        self.init(19_650_218);
        let mut s = self.state.borrow_mut();
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let mixed = (s[i - 1] ^ (s[i - 1] >> 30)).wrapping_mul(1_664_525);
            s[i] = (s[i] ^ mixed).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i >= N {
                s[0] = s[N - 1];
                i = 1;
            }
        }
        for _ in 0..N - 1 {
            let mixed = (s[i - 1] ^ (s[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            s[i] = (s[i] ^ mixed).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                s[0] = s[N - 1];
                i = 1;
            }
        }
        s[0] = 0x8000_0000;
    }

    fn next(&self) -> u32 {
        let mut s = self.state.borrow_mut();
        if self.index.get() >= N {
            for k in 0..N {
                let y = (s[k] & 0x8000_0000) | (s[(k + 1) % N] & 0x7fff_ffff);
                s[k] = s[(k + M) % N] ^ (y >> 1) ^ if y & 1 == 1 { 0x9908_b0df } else { 0 };
            }
            self.index.set(0);
        }
        let mut y = s[self.index.get()];
        self.index.set(self.index.get() + 1);
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}

fn twister<'a>(v: Value) -> &'a Twister {
    nat(v).state::<Twister>().expect("set by new")
}

fn seed(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("seed", args, 0, 1)?;
    let t = twister(v);
    let key = match args.first().copied().and_then(Value::not_none) {
        None => {
            let mut bytes = vec![0u8; N * 4];
            crate::sysdep::random_bytes(&mut bytes);
            bytes
                .chunks_exact(4)
                .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
                .collect()
        }
        Some(x) => {
            let n = if int::is_int(x) {
                number::abs(x)?
            } else {
                let h = protocol::hash(x)? as u64;
                int::from_u64(h)
            };
            let b = int::to_big(n).unwrap_or_default();
            let (_, digits) = b.to_u32_digits();
            if digits.is_empty() { vec![0] } else { digits }
        }
    };
    t.init_by_array(&key);
    Ok(Value::NONE)
}

static SPEC: TypeSpec = TypeSpec {
    doc: "Random() -> create a random number generator with its own internal state.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "random",
            |v| {
                let t = twister(v);
                let (a, b) = (t.next() >> 5, t.next() >> 6);
                Ok(Value::float(
                    (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0),
                ))
            },
            "random() -> x in the interval [0, 1).",
        ),
        Method::fast(
            "seed",
            "($self, n=None, /)",
            seed,
            "seed([n]) -> None.\n\nDefaults to use urandom and falls back to a combination\nof the current time and the process identifier.",
        ),
        Method::noargs(
            "getstate",
            |v| {
                let t = twister(v);
                let mut out = RVec::with_capacity(N + 1)?;
                let state = *t.state.borrow();
                for x in state {
                    out.push(Value::int(x.into()))?;
                }
                out.push(Value::from_usize(t.index.get()))?;
                tuple::new(&out)
            },
            "getstate() -> tuple containing the current state.",
        ),
        Method::one(
            "setstate",
            "($self, state, /)",
            |v, state| {
                let s = state
                    .cast::<Tuple>()
                    .ok_or_else(|| type_error("state vector must be a tuple"))?;
                if s.len() != N + 1 {
                    return Err(value_error("state vector is the wrong size"));
                }
                let mut new = [0u32; N];
                for (i, x) in new.iter_mut().enumerate() {
                    let word = int::to_i64(protocol::index(s.item(i))?).unwrap_or(0);
                    *x = word as u32;
                }
                let index = protocol::as_isize(s.item(N))?;
                if index < 0 || index as usize > N {
                    return Err(value_error("invalid state"));
                }
                let t = twister(v);
                *t.state.borrow_mut() = new;
                t.index.set(index as usize);
                Ok(Value::NONE)
            },
            "setstate(state) -> None.  Restores generator state.",
        ),
        Method::one(
            "getrandbits",
            "($self, k, /)",
            |v, k| {
                let k = protocol::as_isize(k)?;
                if k < 0 {
                    return Err(value_error("number of bits must be non-negative"));
                }
                let t = twister(v);
                if k == 0 {
                    return Ok(Value::int(0));
                }
                if k <= 32 {
                    return Ok(Value::int(i64::from(t.next() >> (32 - k))));
                }
                let mut left = k as usize;
                let mut words = Vec::with_capacity(left / 32 + 1);
                while left > 0 {
                    let r = t.next();
                    words.push(if left < 32 { r >> (32 - left) } else { r });
                    left = left.saturating_sub(32);
                }
                int::from_big(&BigInt::new(num_bigint::Sign::Plus, words))
            },
            "getrandbits(k) -> x.  Generates an int with k random bits.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, _, _| {
            let n = alloc(t)?;
            n.set_state(Twister {
                state: RefCell::new([0; N]),
                index: Cell::new(N),
            });
            Ok(n.value())
        });
        s.init = Some(|v, args, kw| {
            if v.type_of() == ty(&RANDOM) {
                no_keywords("Random", kw)?;
            }
            seed(v, args).map(|_| ())
        });
    },
    ..TypeSpec::named("_random.Random")
};

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add(
        "__doc__",
        str::new("Module implements the Mersenne Twister random number generator.")?,
    )?;
    make_in(m, &RANDOM, &SPEC, 0).map(|_| ())
}
