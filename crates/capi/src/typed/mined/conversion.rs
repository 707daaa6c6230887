//! What a wrapper makes of its arguments and of the C result, where the C signature leaves it open.
//!
//! `int` in a signature is `int` or `bint`: the one converts by `__index__`, the other asks for the truth value; the
//! results are an int or a bool. `PyObject *` is any object, or one of a builtin type that only the wrapper checks.
//! Parameters are found out by an object whose conversions raise: the wrapper raises before it calls the C function.
//! Results and object parameters are found out from what the wrapper's code refers to.

use std::collections::{HashMap, HashSet};
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
    /// Type objects, and their names.
    types: HashMap<usize, String>,
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

    /// What objects a wrapper lets through, by parameter: `None` is any, an address that of the only type; 0 for
    /// parameters that are no objects. It may let more through than is found here, not less.
    pub fn objects(&self, p: &Proven, params: &[CType]) -> Result<Vec<Option<usize>>, String> {
        let float = |p: &CType| matches!(p, CType::Plain(c) if c.is_float());
        let floats = params.iter().any(float);
        let seen: HashSet<usize> = p
            .wrapper
            .words
            .union(&p.wrapper.addresses)
            .copied()
            .collect();
        let mut types: HashMap<usize, String> = HashMap::new();
        for (&at, name) in self.types.iter().filter(|t| seen.contains(t.0)) {
            if !(floats && at == self.float_type) {
                types.insert(at, name.clone());
            }
        }
        let mut out = vec![Some(0); params.len()];
        let mut instances = HashSet::new();
        for (i, p) in params.iter().enumerate() {
            if let CType::Instance(name) = p {
                let is_it = |t: &&usize| *name == struct_name(&types[t]);
                let Some(&ty) = types.keys().find(is_it) else {
                    let which = i + 1;
                    return Err(format!(
                        "parameter {which}: the type of `{name}` was not found"
                    ));
                };
                instances.insert(ty);
                out[i] = Some(ty);
            }
        }
        // What is left is what is asked of `PyObject *`: of which parameter is not known.
        let mut rest: Vec<usize> = types
            .into_keys()
            .filter(|t| !instances.contains(t))
            .collect();
        let only = rest.pop();
        for (i, p) in params.iter().enumerate().filter(|p| *p.1 == CType::Object) {
            let (_, which) = (p, i + 1);
            if !rest.is_empty() {
                return Err(format!(
                    "parameter {which}: what types of objects it takes is open: its wrapper looks at several"
                ));
            }
            if only.is_none() && seen.contains(&self.none) {
                return Err(format!("parameter {which}: whether it takes None is open"));
            }
            out[i] = only;
        }
        Ok(out)
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

/// Cython's name for the struct of an extension type.
fn struct_name(ty: &str) -> String {
    let (modules, class) = ty.rsplit_once('.').unwrap_or(("", ty));
    format!("__pyx_obj_{}{class}", mangled(modules))
}

/// How Cython writes a module's name into those of C.
pub fn mangled(modules: &str) -> String {
    let part = |m: &str| format!("{}{m}_", m.len());
    modules.split('.').map(part).collect()
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
            CType::Object | CType::Instance(_) => Value::NONE,
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

#[cfg(test)]
mod tests {
    #[test]
    fn structs_are_named_by_module_and_class() {
        let name = super::struct_name("pkg.sub.Box");
        assert_eq!(name, "__pyx_obj_3pkg_3sub_Box");
    }
}
