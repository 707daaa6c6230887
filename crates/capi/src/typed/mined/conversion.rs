//! What a wrapper makes of its arguments and of the C result, where the C signature leaves it open.
//!
//! `int` in a signature is `int` or `bint`: the one converts by `__index__`, the other asks for the truth value; the
//! results are an int or a bool. `PyObject *` is any object, or one of a builtin type that only the wrapper checks.
//! Parameters are found out by an object whose conversions raise: the wrapper raises before it calls the C function.
//! Results and object parameters are found out from what the wrapper's code refers to.

use std::collections::HashSet;
use std::ffi::CStr;

use rivet_vm::exceptions::{PyResult, exc, take};
use rivet_vm::object::call::call;
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::native::TypeCode;
use rivet_vm::types::str;
use rivet_vm::value::{RVec, Value};

use super::super::image::Image;
use super::proof::{Proven, Wrapper};
use super::references;
use super::signature::CType;
use crate::types;

/// Addresses of what the runtime provides to extensions.
pub struct Known {
    /// Type objects.
    types: HashSet<usize>,
    float_type: usize,
    none: usize,
    truths: [usize; 2],
    int_makers: Vec<usize>,
    image: Image,
}

impl Known {
    /// As it is now.
    pub fn new(image: Image) -> Known {
        let makers = [
            c"PyLong_FromLong",
            c"PyLong_FromLongLong",
            c"PyLong_FromUnsignedLong",
            c"_PyLong_FromByteArray",
        ];
        Known {
            types: super::super::type_addresses(),
            float_type: types::builtin(types::FLOAT) as usize,
            none: symbol(c"_Py_NoneStruct"),
            truths: [symbol(c"_Py_TrueStruct"), symbol(c"_Py_FalseStruct")],
            int_makers: makers.into_iter().map(symbol).collect(),
            image,
        }
    }

    /// The loaded files.
    pub fn image(&self) -> &Image {
        &self.image
    }

    fn makes_ints(&self, calls: &HashSet<usize>) -> bool {
        self.int_makers.iter().any(|m| calls.contains(m))
    }

    /// Whether a wrapper takes any object where its C function takes a `PyObject *`.
    pub fn takes_any_object(&self, p: &Proven, params: &[CType]) -> Result<(), String> {
        let float = |p: &CType| matches!(p, CType::Plain(c) if c.is_float());
        let floats = params.iter().any(float);
        let mut words = p.wrapper.words.iter().chain(&p.wrapper.addresses);
        let looks = words.any(|w| {
            *w == self.none || self.types.contains(w) && !(floats && *w == self.float_type)
        });
        if looks {
            return Err(
                "whether it takes objects of any type is open: its wrapper looks at types or at None"
                    .into(),
            );
        }
        Ok(())
    }

    /// What a C `int` becomes as the result: `I32` or `Truth`.
    pub fn int_result(&self, p: &Proven, native: usize) -> Result<TypeCode, String> {
        let open = || Err("whether its result is an int or a bool is open".to_owned());
        let truths = self.truths.map(|t| p.wrapper.words.contains(&t));
        if self.makes_ints(&p.wrapper.calls) {
            // A bool would be one of the two.
            if truths != [true; 2] {
                return Ok(TypeCode::I32);
            }
            // They may come from a bint parameter; the int is the result's unless the function itself makes ints.
            let inner = references::of(&self.image, &p.file, native);
            return match inner {
                Some(code) if !self.makes_ints_within(p, &code.calls) => Ok(TypeCode::I32),
                _ => open(),
            };
        }
        if truths == [true; 2] && !self.makes_ints_within(p, &p.wrapper.calls) {
            return Ok(TypeCode::Truth);
        }
        open()
    }

    /// Whether one of these functions makes ints, or is a small one that does.
    fn makes_ints_within(&self, p: &Proven, calls: &HashSet<usize>) -> bool {
        const SMALL: usize = 300;
        let small = |to: &&usize| p.file.holds(**to);
        self.makes_ints(calls)
            || calls.iter().filter(small).any(|&to| {
                match references::of(&self.image, &p.file, to) {
                    Some(code) => code.size < SMALL && self.makes_ints(&code.calls),
                    None => true,
                }
            })
    }
}

fn symbol(name: &CStr) -> usize {
    // SAFETY: looks a terminated name up in the process's own symbols.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) as usize }
}

/// What an `int` parameter is: `I32` or `Truth`.
pub fn int_parameter(w: &Wrapper, params: &[CType], which: usize) -> Result<TypeCode, String> {
    let open = |what: String| format!("parameter {}: {what}", which + 1);
    let asked = ask(w, params, which).map_err(|_| open("it could not be tried out".into()))?;
    match asked {
        Some(e) if e.type_of() == exc().arithmetic_error => Ok(TypeCode::I32),
        Some(e) if e.type_of() == exc().lookup_error => Ok(TypeCode::Truth),
        _ => Err(open(
            "it converts neither as an int nor as a truth value".into(),
        )),
    }
}

/// The exception that a wrapper raises of its own, if it has a parameter that can fail to convert.
pub fn own_exception(w: &Wrapper, params: &[CType]) -> Option<Value> {
    let converts = |p: &CType| match p {
        CType::Plain(code) => *code != TypeCode::Bool,
        CType::IntOrBint => true,
        _ => false,
    };
    let which = params.iter().position(converts)?;
    ask(w, params, which).ok()?
}

/// Calls a wrapper with an argument that cannot be converted; the exception it raises.
fn ask(w: &Wrapper, params: &[CType], which: usize) -> PyResult<Option<Value>> {
    let probe = probe()?;
    let mut args = RVec::with_capacity(params.len())?;
    for (i, p) in params.iter().enumerate() {
        args.push(match p {
            _ if i >= which => probe,
            CType::Plain(c) if c.is_float() => Value::float(0.0),
            CType::Plain(TypeCode::Bool) => Value::FALSE,
            CType::Object => Value::NONE,
            _ => Value::int(0),
        })?;
    }
    Ok(call(w.value, &args).err().map(take))
}

const PROBE: &str = "\
class Probe:
    def __bool__(self):
        raise LookupError
    def __index__(self):
        raise ArithmeticError
    __int__ = __float__ = __index__
probe = Probe()
";

/// An object that raises when it is converted.
fn probe() -> PyResult<Value> {
    let names = Dict::new()?;
    let run = runtime::builtins().get_str("exec").unwrap_or(Value::NONE);
    call(run, &[str::new(PROBE)?, names.value()])?;
    Ok(names.get_str("probe").unwrap_or(Value::NONE))
}
